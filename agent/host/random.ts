// Real randomness.
import { randomInt, randomUUID } from 'node:crypto'
import type { Random } from '../world.ts'

export const realRandom: Random = {
  between: (min, max) => randomInt(min, max + 1),
  id: () => randomUUID(),
}
