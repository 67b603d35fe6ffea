import type { Row } from "./row.ts"

/** What a benchmark found, to be drawn. */
export interface Finding {
  readonly name: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly rows: readonly Row[]
  /** What a case does, by the last word of its name. */
  readonly labels?: Readonly<Record<string, string>>
}

/** One pane: the cases that differ by their last word alone, as `bun a` and `bun b`. */
interface Pane {
  readonly title: string
  readonly lines: readonly { readonly label: string; readonly rows: readonly Row[] }[]
}

const WIDTH = 960
const MARGIN = 20
const LINE = 22
const HEAD = 34
const FOOT = 26
const AXIS = [0.25, 0.5, 1, 2, 4, 8] as const
const [LEAST, MOST] = [0.2, 10]
/** The width of one letter of a label, for room is needed before the font is known. */
const LETTER = 6.4

const STYLE = `
  text { font: 12px ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif; fill: #465049 }
  .title { font-weight: 620; fill: #161b18 }
  .ground { fill: #ffffff } .joint { stroke: #e1e5df } .raw { stroke: #161b18 } .peer { fill: #ffffff; stroke: #626c65 }
  .ashlar { fill: #1c58cf; stroke: #1c58cf }
  @media (prefers-color-scheme: dark) {
    text { fill: #abb5af } .title { fill: #e6ebe7 }
    .ground { fill: #131716 } .joint { stroke: #232927 } .raw { stroke: #e6ebe7 } .peer { fill: #131716; stroke: #87918b }
    .ashlar { fill: #6f9dff; stroke: #6f9dff }
  }`

/** Marks that are told apart without colour. Ashlar's is the first. */
const MARKS: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `<circle cx="${at(x)}" cy="${at(y)}" r="5"/>`,
  (x, y) => `<path d="M${at(x)} ${at(y - 5)}l5 5-5 5-5-5z"/>`,
  (x, y) => `<path d="M${at(x)} ${at(y - 5)}l5 9h-10z"/>`,
  (x, y) => `<path d="M${at(x - 4)} ${at(y - 4)}h8v8h-8z"/>`,
  (x, y) => `<path d="M${at(x)} ${at(y + 5)}l5-9h-10z"/>`,
  (x, y) => `<circle cx="${at(x)}" cy="${at(y)}" r="4"/>`,
]

/**
 * Draws what each subject costs as a multiple of the raw runtime or engine, on a logarithmic scale: one pane for each group of cases, one
 * line for each case. What has no such ratio is left out.
 *
 * @returns an SVG document, which follows the reader's light or dark scheme; `""` where nothing can be drawn.
 */
export function drawFinding(finding: Finding): string {
  const panes = panesOf(finding)
  if (panes.length === 0) return ""
  // What is named `ashlar-…` is Ashlar by another way: the table has it.
  const others = new Set(finding.rows.flatMap(({ subject }) => (/^(?:raw$|ashlar)/.test(subject) ? [] : subject)))
  const known = ["ashlar", ...others].slice(0, MARKS.length)
  const paneWidth = (WIDTH - 2 * MARGIN) / Math.min(panes.length, 2)
  const parts: string[] = []
  let y = 72
  for (let first = 0; first < panes.length; first += 2) {
    const pair = panes.slice(first, first + 2)
    for (const [index, pane] of pair.entries())
      parts.push(drawPane(pane, known, { x: MARGIN + index * paneWidth, y, paneWidth }))
    y += HEAD + Math.max(...pair.map(({ lines }) => lines.length)) * LINE + FOOT
  }
  const { processor, cores, bun } = finding.machine
  const height = y + MARGIN
  const title = "What an operation costs, as a multiple of raw: less is better"
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="title" x="${MARGIN}" y="26">${escaped(title)}</text>`,
    legend(known),
    ...parts,
    `<text x="${MARGIN}" y="${height - 12}">${escaped(`npm run bench -- ${finding.name}, medians; ${processor}, ${cores} cores, Bun ${bun}`)}</text>`,
    "</svg>",
    "",
  ].join("\n")
}

function panesOf({ rows, labels = {} }: Finding): readonly Pane[] {
  const drawn = rows.filter(({ ratioToRaw, unit }) => ratioToRaw !== undefined && unit === "us")
  const byTitle = Map.groupBy(drawn, ({ case: name }) => name.split(" ").slice(0, -1).join(" "))
  return [...byTitle].map(([title, own]) => ({
    title,
    lines: [...Map.groupBy(own, ({ case: name }) => name.split(" ").at(-1)!)].map(([word, group]) => ({
      label: labels[word] ?? word,
      rows: group,
    })),
  }))
}

function legend(known: readonly string[]): string {
  let x = MARGIN + 5
  return known
    .map((name, index) => {
      const mark = `${marked(name, index, x, 44)}<text x="${at(x + 10)}" y="48">${escaped(name)}</text>`
      x += name.length * LETTER + 32
      return mark
    })
    .join("")
}

function drawPane(
  { title, lines }: Pane,
  known: readonly string[],
  { x, y, paneWidth }: { readonly x: number; readonly y: number; readonly paneWidth: number },
): string {
  const labelWidth = Math.max(...[title, ...lines.map(({ label }) => label)].map((text) => text.length)) * LETTER + 12
  const [left, right] = [x + labelWidth, x + paneWidth - MARGIN]
  const place = (ratio: number): number => {
    const bounded = Math.min(MOST, Math.max(LEAST, ratio)) // at the edge, what is beyond it
    return left + ((Math.log(bounded) - Math.log(LEAST)) / (Math.log(MOST) - Math.log(LEAST))) * (right - left)
  }
  const bottom = y + HEAD + lines.length * LINE
  const parts = [`<text class="title" x="${at(x)}" y="${y + 14}">${escaped(title)}</text>`]
  for (const ratio of AXIS) {
    const kind = ratio === 1 ? "raw" : "joint"
    parts.push(`<path class="${kind}" d="M${at(place(ratio))} ${y + HEAD - 8}V${bottom}"/>`)
    parts.push(`<text x="${at(place(ratio))}" y="${y + HEAD - 12}" text-anchor="middle">${ratio}</text>`)
  }
  lines.forEach(({ label, rows }, index) => {
    const middle = y + HEAD + index * LINE + LINE / 2
    parts.push(`<text x="${at(x)}" y="${middle + 4}">${escaped(label)}</text>`)
    // Ashlar's mark is drawn last, over those of others.
    for (const [order, name] of [...known.entries()].reverse()) {
      const row = rows.find(({ subject }) => subject === name)
      if (row !== undefined) parts.push(marked(name, order, place(row.ratioToRaw!), middle, row))
    }
  })
  return parts.join("\n")
}

function marked(name: string, index: number, x: number, y: number, row?: Row): string {
  const told = row === undefined ? "" : `<title>${escaped(`${name}: ${row.ratioToRaw!.toFixed(2)} of raw`)}</title>`
  return `<g class="${name === "ashlar" ? "ashlar" : "peer"}">${told}${MARKS[index]!(x, y)}</g>`
}

function at(length: number): string {
  return String(Math.round(length * 10) / 10)
}
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")
}
