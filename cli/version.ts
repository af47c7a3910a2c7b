// The version of this program; the build takes it from package.json, this file only passes it on.
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
