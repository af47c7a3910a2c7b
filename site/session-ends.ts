// When an agent's session must end: it never said hello, says nothing any more, or its token is no longer good.
import type { Session } from './session.ts'
import type { TokenBook, Who } from './tokens.ts'

const HELLO_MS_MAX = 5_000
const SILENCE_MS_MAX = 15_000
const TRY_AGAIN = 1013

/** Ends sessions that never said hello, or say nothing any more. */
export function endSilent(sessions: ReadonlyMap<Session, Who>, now: number): void {
  for (const session of sessions.keys()) {
    const waited = now - session.openedAt
    if (session.node() === undefined && waited > HELLO_MS_MAX) session.close(1008, 'no hello')
    else if (now - session.heardAt() > SILENCE_MS_MAX) session.close(TRY_AGAIN, 'silent')
  }
}

/** A shared token may not go on speaking for a node that has its own by now. */
const mayGoOn = (book: TokenBook, session: Session, who: Who): boolean =>
  book.valid(who) && !(who.node === undefined && book.enrolled(session.node() ?? ''))

export function endRevoked(book: TokenBook, sessions: ReadonlyMap<Session, Who>): void {
  for (const [session, who] of sessions)
    if (!mayGoOn(book, session, who)) session.close(1008, 'this token is no longer good')
}
