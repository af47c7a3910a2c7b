// Which addresses nobody else can listen to. Pure.

/** A host name or address, without brackets and port. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\./.test(host)
