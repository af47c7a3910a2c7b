// Who is told of what, and how: mail, webhooks, and how often. No secret stands here, only where it lies.
import { type Static, Type } from '@sinclair/typebox'
import {
  MAIL_RECIPIENTS_MAX,
  NOTIFY_MESSAGES_MAX,
  NOTIFY_REPEAT_MS,
  WEBHOOKS_MAX,
} from './limits.ts'
import { entries } from './maps.ts'
import { HostName, mapOf, Ms, oneOf, Path, Port } from './names.ts'
import { placeOf, SecretPlace, type Secrets } from './secrets.ts'

const closed = { additionalProperties: false }

/** What a message can be about. */
export const TOPICS = [
  'transition',
  'split-brain',
  'no-holder',
  'failed',
  'stale',
  'stuck',
  'drift',
  'mount',
  'certificate',
  'foreign-vrid',
  'store',
  'order',
  'single-point',
] as const
export type Topic = (typeof TOPICS)[number]
/** What is known from the spec alone is told to those who ask for it. */
const QUIET_TOPICS: readonly Topic[] = ['single-point']

/** dot-atom "@" domain, RFC 5322 section 3.4.1; no comma, blank or control can make a second recipient of it. */
const MailAddress = (description: string) =>
  Type.String({
    pattern: "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,189})$",
    description,
  })
/** On the machine that sends: the hub, or the node where there is no hub. */
const OnSender = (description: string) => Path(`${description}; on the hub, or on the nodes`)
export const Mail = Type.Object(
  {
    to: Type.Array(MailAddress('recipient, name@domain'), {
      minItems: 1,
      maxItems: MAIL_RECIPIENTS_MAX,
    }),
    from: MailAddress('sender, name@domain'),
    smtpHost: HostName('relay'),
    smtpPort: Type.Optional(Port('default 25; 465 with tls implicit, 587 with a user')),
    tls: Type.Optional(
      oneOf(
        ['starttls', 'required', 'implicit', 'off'],
        'starttls (default): encrypted where the relay can, whatever its certificate; required and implicit: a proven certificate or no mail; off: never. With a user, starttls means required',
      ),
    ),
    caFile: Type.Optional(OnSender('PEM file of the authority that signed the relay')),
    user: Type.Optional(
      Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$', description: 'login at the relay' }),
    ),
    passwordFile: Type.Optional(SecretPlace('the password, one line, mode 0600')),
  },
  { ...closed, description: 'mail through a relay' },
)
export const Webhook = Type.Object(
  {
    url: Type.Optional(
      Type.String({ pattern: '^https?://[^\\s"\']{1,500}$', description: 'receives a POST' }),
    ),
    urlFile: Type.Optional(SecretPlace('the address, where it is itself the secret (Slack)')),
    tokenFile: Type.Optional(SecretPlace('a token, sent as "Authorization: Bearer"')),
    format: Type.Optional(oneOf(['json', 'slack'], 'default json')),
  },
  { ...closed, description: 'exactly one of url and urlFile' },
)
export const Notify = Type.Object(
  {
    mail: Type.Optional(Mail),
    webhooks: Type.Optional(mapOf(Webhook, WEBHOOKS_MAX, 'by name')),
    on: Type.Optional(
      Type.Array(oneOf(TOPICS, 'event'), {
        uniqueItems: true,
        description: 'default all but single-point',
      }),
    ),
    repeatMs: Type.Optional(
      Ms(
        1_000,
        86_400_000,
        'in this time at most messagesMax messages of one kind about one thing are sent, the rest as one summary at its end; default 600000',
      ),
    ),
    messagesMax: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'default 3' }),
    ),
  },
  {
    ...closed,
    description: 'who is told of transitions and faults: by the hub, or without one by a node',
  },
)
export type Notify = Static<typeof Notify>

export type ClusterMail = {
  readonly to: readonly string[]
  readonly from: string
  readonly host: string
  readonly port: number
  readonly tls: 'starttls' | 'required' | 'implicit' | 'off'
  readonly caFile?: string
  /** Both or none; the file is read on the machine that sends. */
  readonly auth?: { readonly user: string; readonly passwordFile: string }
}
export type ClusterWebhook = {
  readonly name: string
  /** Where the address is: in the spec, or in a file on the machine that sends. */
  readonly at: { readonly url: string } | { readonly file: string }
  readonly format: 'json' | 'slack'
  readonly tokenFile?: string
}
export type ClusterNotify = {
  readonly mail?: ClusterMail
  readonly webhooks: readonly ClusterWebhook[]
  readonly on: readonly Topic[]
  readonly repeatMs: number
  readonly messagesMax: number
}

function mailOf(mail: Static<typeof Mail>, secrets: Secrets | undefined): ClusterMail {
  const { to, from, smtpHost, smtpPort, caFile, user, passwordFile } = mail
  const auth =
    user !== undefined && passwordFile !== undefined
      ? { user, passwordFile: placeOf(secrets, passwordFile) }
      : undefined
  // A password never leaves in the clear because somebody on the way dropped the word STARTTLS (RFC 8314 section 4.1).
  const asked = mail.tls ?? 'starttls'
  const tls = auth !== undefined && asked === 'starttls' ? 'required' : asked
  // Submission with a login is on 587 (RFC 6409), implicit TLS on 465 (RFC 8314).
  const usual = tls === 'implicit' ? 465 : auth === undefined ? 25 : 587
  return {
    ...{ to, from, host: smtpHost, port: smtpPort ?? usual, tls },
    ...(caFile !== undefined && { caFile }),
    ...(auth !== undefined && { auth }),
  }
}

const webhookOf = (
  name: string,
  hook: Static<typeof Webhook>,
  secrets: Secrets | undefined,
): ClusterWebhook => ({
  name,
  at:
    hook.urlFile === undefined ? { url: hook.url ?? '' } : { file: placeOf(secrets, hook.urlFile) },
  format: hook.format ?? 'json',
  ...(hook.tokenFile !== undefined && { tokenFile: placeOf(secrets, hook.tokenFile) }),
})

/** The section with every default filled in. */
export const notifyOf = (notify: Notify, secrets?: Secrets): ClusterNotify => ({
  ...(notify.mail && { mail: mailOf(notify.mail, secrets) }),
  webhooks: entries(notify.webhooks).map(([name, hook]) => webhookOf(name, hook, secrets)),
  on: TOPICS.filter((topic) => notify.on?.includes(topic) ?? !QUIET_TOPICS.includes(topic)),
  repeatMs: notify.repeatMs ?? NOTIFY_REPEAT_MS,
  messagesMax: notify.messagesMax ?? NOTIFY_MESSAGES_MAX,
})
