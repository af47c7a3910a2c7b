// How the other verbs reach a lab's hub: its socket and its operator's token, by the lab's name.
import { Secret } from '../../spec/secret.ts'
import { LabError } from './error.ts'
import { isLab, labName, labsHere, rootOfLab } from './place.ts'
import { hubTokens, socketOf } from './services.ts'
import { readState } from './state.ts'

export { labsHere } from './place.ts'

/** Throws LabError when there is no such lab, or when it is one without a hub. */
export function labTarget(lab: string, cwd: string): { url: string; token: Secret } {
  const root = rootOfLab(lab, cwd)
  if (!isLab(root)) {
    const here = labsHere()
    throw new LabError(
      `cannot find a lab '${lab}'`,
      here.length === 0 ? 'none is up: hactl lab up spec.json' : `up now: ${here.join(', ')}`,
    )
  }
  if (readState(root).hub === undefined)
    throw new LabError(`cannot ask the lab ${labName(root)}: it has no hub`)
  return { url: `unix:${socketOf(root)}`, token: new Secret(hubTokens(root).operator) }
}
