// One mail to one relay, once: nodemailer speaks SMTP (EHLO, STARTTLS, AUTH, dot-stuffing are not ours to write).
import type { ClusterMail } from '../../spec/notify.ts'
import type { Notice, Sender } from '../../spec/notice.ts'
import { messageId, subjectOf, textOf } from '../../spec/notice-text.ts'
import type { Attempt } from './courier.ts'
import { readFileState } from './files.ts'
import { readSecretLine, redacted, type SecretReader } from './secret-file.ts'

/** The whole of one attempt; its steps are bounded by nodemailer as well. */
export const MAIL_MS_MAX = 20_000

/** nodemailer's options for each word of the spec. */
function tlsOf(mail: ClusterMail, ca: string | undefined) {
  const verified = { rejectUnauthorized: true, ...(ca !== undefined && { ca }) }
  switch (mail.tls) {
    case 'off':
      return { ignoreTLS: true }
    case 'starttls':
      // Opportunistic (RFC 7435): better than clear text, whatever the certificate; it proves nobody.
      return { opportunisticTLS: true, tls: { rejectUnauthorized: false } }
    case 'required':
      return { requireTLS: true, tls: verified }
    case 'implicit':
      return { secure: true, tls: verified }
  }
}

async function caOf(mail: ClusterMail): Promise<string | undefined> {
  if (mail.caFile === undefined) return undefined
  const file = await readFileState(mail.caFile)
  if (file === undefined) throw new Error(`cannot read ${mail.caFile}: ENOENT`)
  return file.body
}

/** 4yz may pass, 5yz will not (RFC 5321 section 4.2.1); no answer at all may. */
function failure(mail: ClusterMail, thrown: unknown, secrets: readonly string[]): Attempt {
  const code =
    thrown instanceof Error && 'responseCode' in thrown && typeof thrown.responseCode === 'number'
      ? thrown.responseCode
      : 0
  const said = thrown instanceof Error ? thrown.message : String(thrown)
  const why = said.startsWith('cannot ') ? said : `${mail.host}:${mail.port}: ${said}`
  return { ok: false, again: code < 500, text: redacted(why, secrets) }
}

export type Trying = {
  readonly timeoutMs?: number | undefined
  readonly read?: SecretReader | undefined
}

/** Never throws; at most timeoutMs. The password is read now, so that a new one needs no restart. */
export async function sendMail(
  mail: ClusterMail,
  notice: Notice,
  sender: Sender,
  stop: AbortSignal,
  { timeoutMs = MAIL_MS_MAX, read = readSecretLine }: Trying = {},
): Promise<Attempt> {
  const secrets: string[] = []
  try {
    const pass = mail.auth === undefined ? undefined : (await read(mail.auth.passwordFile)).reveal()
    if (mail.auth !== undefined && pass !== undefined)
      secrets.push(pass, `\u0000${mail.auth.user}\u0000${pass}`)
    const ca = await caOf(mail)
    const { createTransport } = await import('nodemailer')
    const transport = createTransport({
      ...{ host: mail.host, port: mail.port, connectionTimeout: 8_000, greetingTimeout: 8_000 },
      ...{ socketTimeout: 10_000, dnsTimeout: 5_000, disableFileAccess: true },
      ...{ disableUrlAccess: true, ...tlsOf(mail, ca) },
      ...(mail.auth !== undefined &&
        pass !== undefined && { auth: { user: mail.auth.user, pass } }),
    })
    const thread = messageId(notice.thread, sender.cluster)
    const info = await transport.sendMail({
      ...{ from: mail.from, to: [...mail.to], subject: subjectOf(notice, sender) },
      ...{ text: textOf(notice, sender), messageId: messageId(notice.id, sender.cluster) },
      // All of one fault stands together in a reader, also when the first was deleted.
      references: [thread],
      date: new Date(notice.at),
      // RFC 3834 section 5: no out-of-office answers to machines.
      headers: { 'auto-submitted': 'auto-generated', 'x-hactl-topic': notice.topic },
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    })
    const to = `mail to ${info.accepted.join(', ')}`
    const not = info.rejected.length === 0 ? '' : `; refused for ${info.rejected.join(', ')}`
    return { ok: true, again: false, text: redacted(`${to}${not}`, secrets) }
  } catch (thrown) {
    return failure(mail, thrown, secrets)
  }
}
