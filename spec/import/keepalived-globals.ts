// global_defs: whom to write to becomes section notify, the rest stays a line.
import { ownedWhy } from '../keepalived-words.ts'
import { type Host, keep, lose, mailed, renamed, replace, sayAll } from './keepalived-keep.ts'
import type { Block } from './keepalived-text.ts'
import type { Import } from './types.ts'

const MAIL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,189})$/
const RELAY = /^[A-Za-z0-9][A-Za-z0-9.:-]{0,253}$/
const RECIPIENTS_MAX = 20

type Mail = { to: string[]; from?: string; smtpHost?: string; smtpPort?: number }

/** What hactl does by itself, so that losing the line changes nothing that anybody sees. */
const OURS: Readonly<Record<string, string>> = {
  router_id: 'hactl proves by it which configuration runs; messages name the node',
  lvs_id: 'hactl proves by router_id which configuration runs; messages name the node',
  smtp_connect_timeout: 'the notifier has limits of its own',
  smtp_helo_name: 'the notifier names its node',
  lvs_flush_on_stop: 'hactl renders it',
  lvs_flush_onstop: 'hactl renders it',
}

export function mailOf(globals: readonly Block[]): Mail {
  const mail: Mail = { to: [] }
  for (const { words, children } of globals) {
    const [first, second = '', third = ''] = words
    if (first === 'notification_email')
      for (const word of children.flatMap((child) => child.words))
        if (MAIL.test(word) && !mail.to.includes(word)) mail.to.push(word)
    if (first === 'notification_email_from' && MAIL.test(second)) mail.from = second
    if (first === 'smtp_server' && RELAY.test(second)) {
      mail.smtpHost = second
      if (/^[0-9]{1,5}$/.test(third)) mail.smtpPort = Number(third)
    }
  }
  return mail
}

export function readGlobals(block: Block, host: Host): undefined {
  host.imp.say(block.directive, 'modelled')
  for (const one of block.children) readLine(one, host)
  addMail(mailOf(block.children), host.imp)
}

function readLine(one: Block, host: Host): undefined {
  const { imp } = host
  const [first = '', second = ''] = one.words
  if (first === 'notification_email') return readRecipients(one, imp)
  if (first === 'notification_email_from' || first === 'smtp_server') {
    const good = (first === 'smtp_server' ? RELAY : MAIL).test(second)
    return good ? imp.say(one.directive, 'modelled') : lose(one, 'it cannot be read', imp)
  }
  if (/^smtp_alert/.test(first)) return mailed(one, host)
  if (first === 'vrrp_version') return imp.say(one.directive, 'modelled')
  if (Object.hasOwn(OURS, first)) return sayAll(one, imp, 'replaced', OURS[first])
  if (first === 'vrrp_strict') return replace(one, ownedWhy('globals', first) ?? '', imp)
  keep(first === 'lvs_sync_daemon' ? renamed(one, host) : one, 'globals', '', host)
}

/** A block's lines, and what stands on one line with it. */
function readRecipients(block: Block, imp: Import): undefined {
  imp.say(block.directive, 'modelled')
  for (const { words, directive } of block.children)
    for (const word of words)
      imp.say(
        directive,
        MAIL.test(word) ? 'modelled' : 'not-taken',
        MAIL.test(word) ? '' : `${word} is no mail address`,
      )
}

function addMail({ to, from, smtpHost, smtpPort }: Mail, imp: Import): undefined {
  if (to.length === 0) return
  if (to.length > RECIPIENTS_MAX)
    imp.decide('/notify/mail', `only ${RECIPIENTS_MAX} of ${to.length} recipients are taken`)
  if (from === undefined || smtpHost === undefined)
    return imp.decide(
      '/notify/mail',
      `who sends the mail to ${to.join(', ')}, and by which relay ("from", "smtpHost")`,
    )
  const mail = { from, smtpHost, ...(smtpPort !== undefined && { smtpPort }) }
  imp.sections.notify = { mail: { ...mail, to: to.slice(0, RECIPIENTS_MAX) } }
}
