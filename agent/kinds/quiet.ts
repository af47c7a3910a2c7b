// The parts of a step that most small changes leave empty.
export const quiet = {
  impact: 'quiet',
  vips: [],
  removes: 0,
  prepare: [],
  undo: [],
  cleanup: [],
  diff: [],
} as const
