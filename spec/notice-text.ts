// How a message looks: as mail, as JSON for programs, as Slack shows it. Pure.
import { type Static, Type } from '@sinclair/typebox'
import type { Notice, Sender } from './notice.ts'
import { oneOf } from './names.ts'
import { TOPICS } from './notify.ts'

const LINES_MAX = 40
const LINE_CHARS_MAX = 1_000
/** Slack refuses longer text in a section block. */
const SLACK_CHARS_MAX = 2_900

/** 840 ms, 12 s, 3 min 5 s, 4 h 10 min, 2 d 3 h. */
export function lasting(ms: number): string {
  const s = Math.round(ms / 1000)
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (s < 60) return `${s} s`
  const two = (n: number, unit: string, rest: number, small: string) =>
    rest === 0 ? `${n} ${unit}` : `${n} ${unit} ${rest} ${small}`
  if (s < 3_600) return two(Math.floor(s / 60), 'min', s % 60, 's')
  if (s < 86_400) return two(Math.floor(s / 3_600), 'h', Math.floor((s % 3_600) / 60), 'min')
  return two(Math.floor(s / 86_400), 'd', Math.floor((s % 86_400) / 3_600), 'h')
}

/** Reasons come from daemons and other machines: one printable line each. */
const plain = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .slice(0, LINE_CHARS_MAX)

/** RFC 3339, UTC, whole seconds. */
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export const subjectOf = (notice: Notice, sender: Sender): string =>
  `[hactl ${sender.cluster}] ${plain(notice.title).slice(0, 200)}`

const foot = (sender: Sender): string =>
  sender.because === '' ? `Sent by ${sender.by}.` : `Sent by ${sender.by}: ${sender.because}.`

/** Plain text, lines ended by \n. */
export function textOf(notice: Notice, sender: Sender): string {
  const lines = [
    `${plain(notice.title)}.`,
    ...notice.details.slice(0, LINES_MAX).map(plain),
    '',
    `Cluster ${sender.cluster}, ${time(notice.at)}.`,
    foot(sender),
    ...(sender.hubUrl === undefined ? [] : [`Status: ${sender.hubUrl}/`]),
  ]
  return `${lines.join('\n')}\n`
}

/** Body of a POST with format json. Fields may be added; none changes its meaning. */
export const WebhookBody = Type.Object(
  {
    version: Type.Literal(1),
    id: Type.String({ description: 'the same when a message is delivered again' }),
    thread: Type.String({ description: 'the same for a fault and its end' }),
    cluster: Type.String(),
    topic: oneOf([...TOPICS, 'test'], 'kind of event'),
    phase: oneOf(
      ['event', 'opened', 'closed', 'summary', 'test'],
      'opened and closed of a fault; event of a transition; summary of what the rate held back',
    ),
    about: Type.Array(Type.String(), {
      description: 'vip of transition, split-brain, no-holder; else nodes',
    }),
    at: Type.String({ description: 'RFC 3339, UTC' }),
    title: Type.String(),
    text: Type.String({ description: 'the whole message, as mailed' }),
    gapMs: Type.Optional(
      Type.Integer({ description: 'time without a holder, as far as was heard' }),
    ),
    lastedMs: Type.Optional(Type.Integer({ description: 'closed: how long the fault lasted' })),
    more: Type.Optional(Type.Integer({ description: 'summary: messages it stands for' })),
    sender: Type.String({ description: 'hub, or the node that sends' }),
    because: Type.String({ description: 'why a node sends instead of the hub, else empty' }),
    hub: Type.Optional(Type.String({ description: 'address of the status page' })),
  },
  { additionalProperties: false },
)
export type WebhookBody = Static<typeof WebhookBody>

export function jsonBody(notice: Notice, sender: Sender): WebhookBody {
  const { id, thread, topic, phase, about, at, title, gapMs, lastedMs, more } = notice
  return {
    ...{ version: 1, id, thread, cluster: sender.cluster, topic, phase, about: [...about] },
    ...{ at: time(at), title: plain(title), text: textOf(notice, sender) },
    ...(gapMs !== undefined && { gapMs: Math.round(gapMs) }),
    ...(lastedMs !== undefined && { lastedMs: Math.round(lastedMs) }),
    ...(more !== undefined && { more }),
    ...{ sender: sender.by, because: sender.because },
    ...(sender.hubUrl !== undefined && { hub: sender.hubUrl }),
  }
}

/** Slack's own escapes; without them a reason like <!channel> would wake everybody. */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const slackBody = (notice: Notice, sender: Sender) => ({
  text: slackText(subjectOf(notice, sender)),
  blocks: [
    {
      type: 'section',
      text: {
        type: 'mrkdwn',
        text: `*${slackText(subjectOf(notice, sender))}*\n${slackText(textOf(notice, sender))}`.slice(
          0,
          SLACK_CHARS_MAX,
        ),
      },
    },
  ],
})

/** RFC 5322 section 3.6.4: dot-atom on both sides. */
export const messageId = (id: string, cluster: string): string =>
  `<${id.replace(/[^A-Za-z0-9-]+/g, '.')}@${cluster}.hactl>`
