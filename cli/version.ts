// The version of this program; the build writes it in, a run from the sources says so.
declare const __VERSION__: string | undefined

export const VERSION: string = typeof __VERSION__ === 'string' ? __VERSION__ : '0.0.0-source'
