/** One block of the wall behind the set-up and sign-in pages. */
export interface Block {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Which of the four stone colours. */
  readonly tone: 1 | 2 | 3 | 4
}

export interface Wall {
  readonly blocks: readonly Block[]
  /** Where the stone with the form stands: on the joints of the courses. */
  readonly stone: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** Blocks wide enough for a note, in the order in which they are filled. */
  readonly notes: readonly Block[]
}

const STONE_WIDTH = 480
const COURSE = 100
const MIN_BLOCK = 90
const MAX_BLOCK = 390
const NOTE_WIDTH = 190
/** Joints of neighbouring courses keep this far from each other: that is what makes it a bond. */
const OVERLAP = 36

/** Lays a wall for this viewport, the same one each time. */
export function layWall(width: number, height: number, stoneHeight: number): Wall {
  const courses = Math.ceil(height / COURSE)
  const stoneCourses = Math.ceil(stoneHeight / COURSE)
  const top = Math.max(0, Math.floor((courses - stoneCourses) / 2))
  const left = Math.max(0, Math.round((width - STONE_WIDTH) / 2))
  const random = lcg(7)
  const blocks: Block[] = []
  const notes: Block[] = []
  let above: readonly number[] = []
  for (let course = 0; course < Math.max(courses, top + stoneCourses); course++) {
    const y = course * COURSE
    const isBeside = course >= top && course < top + stoneCourses
    const all = isBeside ? [[0, left] as const, [left + STONE_WIDTH, width] as const] : [[0, width] as const]
    const spans = all.filter(([from, to]) => to > from)
    const joints: number[] = []
    for (const [from, to] of spans) {
      const row = laySpan(from, to, above, random).map(
        (x, position, all): Block => ({
          x,
          y,
          width: (all[position + 1] ?? to) - x,
          height: COURSE,
          tone: ([1, 4, 3, 2] as const)[(course * 2 + position + (from > 0 ? 1 : 0)) % 4] ?? 1,
        }),
      )
      blocks.push(...row)
      joints.push(...row.map((block) => block.x))
      const widest = [...row].sort((a, b) => b.width - a.width)[0]
      if (isBeside && widest && widest.width >= NOTE_WIDTH && course > top - 1) notes.push(widest)
    }
    above = joints
  }
  return {
    blocks,
    notes: spread(notes, left),
    stone: { x: left, y: top * COURSE, width: STONE_WIDTH + 1, height: stoneCourses * COURSE + 1 },
  }
}

/** Where the blocks of one course begin. */
function laySpan(from: number, to: number, above: readonly number[], random: () => number): number[] {
  const starts = [from]
  let x = from
  while (to - x > MAX_BLOCK) {
    let next = x + MIN_BLOCK + Math.round((random() * (MAX_BLOCK - MIN_BLOCK)) / 10) * 10
    if (above.some((joint) => Math.abs(joint - next) < OVERLAP)) next += OVERLAP * 2
    if (to - next < MIN_BLOCK) next = to - MIN_BLOCK
    if (next <= x) break
    starts.push(next)
    x = next
  }
  if (starts.length === 1 && to - from > 2 * MIN_BLOCK) {
    const cut = from + MIN_BLOCK + Math.round(random() * (to - from - 2 * MIN_BLOCK))
    if (!above.some((joint) => Math.abs(joint - cut) < OVERLAP)) starts.push(cut)
  }
  return starts
}

/** Notes to the left and to the right in turn, and never two in one course. */
function spread(notes: readonly Block[], left: number): Block[] {
  const taken = new Set<number>()
  const picked: Block[] = []
  const sides = [notes.filter((note) => note.x < left), notes.filter((note) => note.x >= left)]
  for (let turn = 0; turn < notes.length * 2; turn++) {
    const next = sides[turn % 2]?.find((note) => !taken.has(note.y))
    if (!next) continue
    taken.add(next.y)
    picked.push(next)
  }
  return picked
}

/** Numbers in 0..1 that look random and are the same each time. */
function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
