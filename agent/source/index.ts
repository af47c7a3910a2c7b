// Where specs come from. Each is a Source of world.ts; none decides anything.
export { fileSource } from './file.ts'
export { type HttpSourceOptions, httpSource, hubSource } from './http.ts'
