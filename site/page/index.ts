// The pages of the hub: one renderer for the first answer, the live updates and a browser without script.
import type { Cluster } from '../../spec/cluster.ts'
import { NAME_PATTERN } from '../../spec/names.ts'
import type { Revision } from '../../spec/protocol.ts'
import type { NodeFile } from '../../spec/report.ts'
import type { ClusterStatus, HubEvent } from '../../spec/status.ts'
import type { Move } from '../moves.ts'
import type { NodeResult } from '../results.ts'
import { diffHtml } from './diff.ts'
import { homeSections, verdict } from './home.ts'
import { type Html, html, raw } from './html.ts'
import { nodePage } from './node.ts'
import { type Section, textOf, whole } from './part.ts'
import { poolPage } from './pools.ts'
import { revisionResult, revisionSection } from './revisions.ts'
import { laneSection } from './lanes.ts'
import { SCRIPT } from './script/index.ts'
import { STYLE } from './style.ts'
import { timeline } from './timeline.ts'
import { age } from './words.ts'

/** What the pages read; nothing here changes anything. */
export type PageSource = {
  readonly cluster: () => Cluster | undefined
  /** Newest first, below `before`. */
  readonly events: (before: number, limit: number) => readonly HubEvent[]
  readonly revisions: (before: number, limit: number) => readonly Revision[]
  /** Who held each vip when, newest first. */
  readonly moves: () => readonly Move[]
  readonly spec: (revision: number) => (Revision & { readonly body: string }) | undefined
  /** What was heard of a revision from each node, also of those that run another one now. */
  readonly results: (revision: number) => readonly NodeResult[]
  readonly files: (node: string) => readonly NodeFile[] | undefined
}
type View = (source: PageSource, status: ClusterStatus) => readonly Section[] | undefined

const EVENTS_ON_HOME = 12
const EVENTS_ON_PAGE = 200
/** Of so many of the newest events, a node's page shows its own. */
const EVENTS_SEARCHED = 500
const REVISIONS_ON_HOME = 5
const REVISIONS_ON_PAGE = 100
const NEWEST = Number.MAX_SAFE_INTEGER

const more = (href: string, text: string): Html =>
  html`<p class="more"><a href="${href}">${text}</a></p>`

function home(source: PageSource, status: ClusterStatus): readonly Section[] {
  const revisions = source.revisions(NEWEST, REVISIONS_ON_HOME)
  return homeSections(source.cluster(), status, [
    laneSection(status, source.moves()),
    timeline('Timeline', source.events(NEWEST, EVENTS_ON_HOME), more('/events', 'Older events')),
    revisionSection(
      { revisions, status, results: source.results },
      more('/revisions', 'All revisions'),
    ),
  ])
}

function eventsView(before: number): View {
  return (source) => {
    const events = source.events(before, EVENTS_ON_PAGE)
    const last = events.at(-1)
    const older =
      events.length < EVENTS_ON_PAGE || last === undefined
        ? raw('')
        : more(`/events?before=${last.seq}`, 'Older events')
    return [timeline('Events', events, older)]
  }
}

function revisionsView(before: number): View {
  return (source, status) => {
    const all = source.revisions(before, REVISIONS_ON_PAGE)
    const last = all.at(-1)
    const older =
      all.length < REVISIONS_ON_PAGE || last === undefined
        ? raw('')
        : more(`/revisions?before=${last.revision}`, 'Older revisions')
    return [revisionSection({ revisions: all, status, results: source.results }, older)]
  }
}

function revisionView(revision: number): View {
  let diff: Section | undefined
  return (source, status) => {
    const found = source.spec(revision)
    if (found === undefined) return undefined
    // Revisions never change: worked out once for all readers of a view.
    const { body, ...shown } = found
    // A restored hub left numbers out.
    const before = source.revisions(revision, 1)[0]?.revision ?? 0
    diff ??= whole(
      'diff',
      html`<h2>${before === 0 ? 'All of it is new' : `What it changed since revision ${before}`}</h2>${diffHtml(source.spec(before)?.body ?? '', body)}`,
    )
    return [revisionResult(shown, status, source.results(revision)), diff]
  }
}

function nodeView(name: string): View {
  return (source, status) => {
    const events = source.events(NEWEST, EVENTS_SEARCHED)
    return nodePage({ cluster: source.cluster(), status, events, files: source.files(name) }, name)
  }
}

const NAME = new RegExp(NAME_PATTERN)
const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : undefined

/** The view of a path with its query, as "/events?before=12"; undefined when there is none. */
export function viewOf(path: string): View | undefined {
  const [place = '', query = ''] = path.split('?')
  const [, first = '', second, ...rest] = place.split('/')
  if (rest.length > 0) return undefined
  const before = number(/^before=(\d+)$/.exec(query)?.[1]) ?? NEWEST
  if (second === undefined) {
    if (first === '') return home
    if (first === 'events') return eventsView(before)
    return first === 'revisions' ? revisionsView(before) : undefined
  }
  const revision = number(second)
  if (first === 'revisions') return revision === undefined ? undefined : revisionView(revision)
  if (!NAME.test(second)) return undefined
  if (first === 'nodes') return nodeView(second)
  if (first !== 'pools') return undefined
  return (source, status) => poolPage(source.cluster(), status, second)
}

/** Ages of what each node last said, in milliseconds. */
export const agesOf = ({ nodes, strangers }: ClusterStatus): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...nodes, ...strangers].flatMap((n) => (n.ageMs === null ? [] : [[n.node, n.ageMs]])),
  )

const withAges = (text: string, ages: Readonly<Record<string, number>>, leftMs: number): string =>
  text
    .replace(/(<span data-left>)(?=<\/span>)/g, `$1${age(leftMs)}`)
    .replace(/(<span data-heard="([^"]*)">)(?=<\/span>)/g, (_, open: string, node: string) => {
      const ms = ages[node]
      return `${open}${ms === undefined ? 'never heard' : age(ms)}`
    })

export const titleOf = (status: ClusterStatus): string => {
  const name = status.cluster === '' ? 'no cluster yet' : status.cluster
  return status.alerts.length > 0 ? `(${status.alerts.length}) ${name} · hactl` : `${name} · hactl`
}

/** Who asked for the page. */
export type Reader = {
  readonly nonce: string
  /** The name of the token behind the browser's cookie; '' without one. */
  readonly signedIn: string
}
export type Shell = Reader & {
  readonly status: ClusterStatus
  readonly sections: readonly Section[]
  readonly path: string
  /** What the stream needs to go on from here. */
  readonly version: string
}

const DIALOG = html`<dialog id="ask" aria-labelledby="ask-title"><form method="dialog" id="ask-form"><h2 id="ask-title"></h2><p id="ask-text"></p>
<label>Operator token <input id="ask-token" type="password" autocomplete="off" spellcheck="false"></label>
<p class="dim">Kept in this tab until it is closed.</p><p id="ask-answer" role="status"></p>
<p class="buttons"><button type="button" id="ask-no">Close</button> <button type="submit" id="ask-yes" class="strong"></button></p></form></dialog>`

/** The whole page. Without script it is loaded anew every 2 s. */
export function pageHtml({ status, sections, path, version, nonce, signedIn }: Shell): string {
  const name = status.cluster === '' ? 'no cluster yet' : status.cluster
  const body = sections.map(textOf).join('\n')
  const up = path === '/' ? raw('') : html`<a class="up" href="/">← overview</a>`
  const out =
    signedIn === ''
      ? raw('')
      : html`<form method="post" action="/logout" class="out"><span class="dim">signed in: ${signedIn}</span> <button type="submit">Sign out</button></form>`
  const page =
    html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${titleOf(status)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><noscript><meta http-equiv="refresh" content="2"></noscript>
<style nonce="${nonce}">${raw(STYLE)}</style></head><body><a class="skip" href="#main">Skip to the state</a>
<header><h1><a href="/">${name}</a></h1><span class="dim">hactl hub</span>${up}<span id="live" class="live" role="status"></span>${out}</header>
<div id="lost" class="lost" role="status" hidden></div>
<main id="main" data-view="${path}" data-version="${version}" data-newest="${status.revision}">${raw(textOf(verdict(status)))}
${raw(body)}</main>${DIALOG}<script nonce="${nonce}">${raw(SCRIPT)}</script></body></html>`.html
  return withAges(page, agesOf(status), status.confirmLeftMs ?? 0)
}
