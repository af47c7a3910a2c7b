// Where specs come from. Each is a Source of world.ts; none decides anything.
export { background } from './background.ts'
export { fileSource } from './file.ts'
export { gitSource } from './git.ts'
export { httpSource, hubSource } from './http.ts'
export { SourceRefusal } from './refusal.ts'
