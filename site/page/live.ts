// Keeps readers of a page up to date with what differs from what they have, and nothing else.
import type { ClusterStatus } from '../../spec/status.ts'
import { verdict } from './home.ts'
import { agesOf, type PageSource, pageHtml, type Reader, titleOf, viewOf } from './index.ts'
import { createVersions, type Section, type Versions } from './part.ts'

/** Pages kept rendered, the least recently used first to go. */
const VIEWS_KEPT_MAX = 32

type Kept = {
  /** Tells one life of a kept view from another. */
  readonly life: string
  readonly sections: (status: ClusterStatus) => readonly Section[] | undefined
  readonly versions: Versions
  last: readonly Section[]
  of: ClusterStatus | undefined
}
/** One reader of one page. */
export type Watch = {
  /** A frame of the stream, or undefined when it has everything and `always` is false. */
  next(status: ClusterStatus, always: boolean): string | undefined
}
export type Live = {
  /** undefined: no such page. */
  page(path: string, status: ClusterStatus, of: Reader): string | undefined
  /** `since`: the version the reader has, '' for nothing. */
  watch(path: string, since: string): Watch | undefined
}

/** `id` gives random words. */
export function createLive(source: PageSource, id: () => string): Live {
  const views = new Map<string, Kept>()
  const keep = (path: string): Kept | undefined => {
    const found = views.get(path)
    const view = found === undefined ? viewOf(path) : undefined
    if (found === undefined && view === undefined) return undefined
    const kept = found ?? {
      life: id(),
      sections: (status: ClusterStatus) => view?.(source, status),
      versions: createVersions(),
      last: [],
      of: undefined,
    }
    views.delete(path)
    views.set(path, kept)
    const oldest = views.keys().next().value
    if (views.size > VIEWS_KEPT_MAX && oldest !== undefined) views.delete(oldest)
    return kept
  }
  const refresh = (kept: Kept, status: ClusterStatus): boolean => {
    if (kept.of === status) return true
    const sections = kept.sections(status)
    if (sections === undefined) return false
    kept.last = sections
    kept.versions.update([verdict(status), ...sections])
    kept.of = status
    return true
  }
  return {
    page(path, status, reader) {
      const kept = keep(path)
      if (kept === undefined || !refresh(kept, status)) {
        views.delete(path)
        return undefined
      }
      const version = `${kept.life}.${kept.versions.version()}`
      return pageHtml({ status, sections: kept.last, path, version, ...reader })
    },
    watch(path, since) {
      // Kept for as long as it is read, whatever others look at meanwhile.
      const kept = keep(path)
      if (kept === undefined) return undefined
      const [life, had] = readVersion(since)
      let at = life === kept.life ? had : 0
      return {
        next(status, always) {
          if (!refresh(kept, status)) return undefined
          const now = kept.versions.version()
          const parts = kept.versions.since(at)
          if (parts.length === 0 && !always) return undefined
          at = now
          const said = {
            title: titleOf(status),
            newest: status.revision,
            ages: agesOf(status),
            left: status.confirmLeftMs ?? 0,
            parts,
          }
          return `id: ${kept.life}.${now}\nevent: page\ndata: ${JSON.stringify(said)}\n\n`
        },
      }
    },
  }
}

function readVersion(text: string): readonly [string, number] {
  const [, life = '', at = '0'] = /^([A-Za-z0-9-]{1,60})\.(\d{1,15})$/.exec(text) ?? []
  return [life, Number(at)]
}
