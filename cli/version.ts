// The version of this program: what package.json says, which the build puts into the single file.
import manifest from '../package.json' with { type: 'json' }

export const VERSION: string = manifest.version
