// The error of a source that was reached and has nothing to take.

/** What is there cannot be taken, and only a person can mend that: unlike a server that is away. */
export class SourceRefusal extends Error {
  override name = 'SourceRefusal'
}
