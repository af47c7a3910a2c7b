// What a node and its hub say about certificates of nodes. The private key of a node never travels.
import { type Static, Type } from '@sinclair/typebox'

const open = { additionalProperties: true }
const Pem = Type.String({ minLength: 1, maxLength: 8_192 })
const Serial = Type.String({ pattern: '^[0-9A-F]{1,40}$' })

/** POST /v1/certificate, by a node with its own token: a PKCS #10 request, PEM. */
export const CertificateRequest = Type.Object({ request: Pem }, open)
export const CertificateAnswer = Type.Object({ certificate: Pem, ca: Pem }, open)

/** GET /v1/peers?serial=: what a node must know of those it shares a vip with. */
export const PeersWord = Type.Object(
  {
    /** The certificate that the asker shows is one of this hub's CA, for it, and good. */
    known: Type.Boolean(),
    /** These show a certificate: they are asked and heard by it alone. */
    certified: Type.Array(Type.String({ maxLength: 31 }), { maxItems: 2_000 }),
    /** Serials of certificates that are no longer good, whatever stands in them. */
    revoked: Type.Array(Serial, { maxItems: 10_000 }),
  },
  open,
)
export type PeersWord = Static<typeof PeersWord>
