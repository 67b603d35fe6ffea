import type { AuditEntry } from "../audit/audit-entry.ts"
import { partyText } from "../audit/audit-entry.ts"
import type { Checklist } from "./checklist.ts"
import type { DataMapEntry } from "./data-map.ts"

export interface ReportParts {
  /** Whose system: the first line. */
  readonly system: string
  readonly at: Date
  readonly checklists?: readonly Checklist[]
  readonly dataMap?: readonly DataMapEntry[]
  /** Entries of an audit log: who looked at what. */
  readonly accesses?: readonly AuditEntry[]
}

interface Section {
  readonly title: string
  readonly text: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A report as Markdown. Whatever is in it is text: no name of a column or a person becomes markup. */
export function toMarkdown(parts: ReportParts): string {
  const sections = sectionsOf(parts).map(({ title, text, head, rows }) => {
    const line = (cells: readonly string[]) => `| ${cells.map(inMarkdown).join(" | ")} |`
    return [
      `## ${inMarkdown(title)}`,
      "",
      text,
      "",
      line(head),
      `|${head.map(() => " --- ").join("|")}|`,
      ...rows.map(line),
    ].join("\n")
  })
  return `# ${inMarkdown(titleOf(parts))}\n\n${[...sections, CLOSING].join("\n\n")}\n`
}

/** The same as one page of HTML, without scripts and without anything from elsewhere. */
export function toHtml(parts: ReportParts): string {
  const cells = (tag: "td" | "th", texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${inHtml(text)}</${tag}>`).join("")}</tr>`
  const sections = sectionsOf(parts).map(
    ({ title, text, head, rows }) =>
      `<h2>${inHtml(title)}</h2>\n<p>${inHtml(text)}</p>\n<table>\n<thead>${cells("th", head)}</thead>\n<tbody>\n${rows.map((row) => cells("td", row)).join("\n")}\n</tbody>\n</table>`,
  )
  const style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}"
  const title = inHtml(titleOf(parts))
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}</title><style>${style}</style></head>\n<body>\n<h1>${title}</h1>\n${sections.join("\n")}\n<p>${inHtml(CLOSING)}</p>\n</body>\n</html>\n`
}

const CLOSING = "A program looked at what programs can look at. It is no certificate, and no advice of a lawyer."

function titleOf({ system, at }: ReportParts): string {
  return `${system}: compliance report of ${at.toISOString().slice(0, 10)}`
}

function sectionsOf({ checklists = [], dataMap, accesses }: ReportParts): readonly Section[] {
  const lists = checklists.map(({ title, source, items }) => {
    const met = items.filter(({ status }) => status === "met").length
    return {
      title,
      text: `${met} of ${items.length} are met. Source: ${source}`,
      head: ["Requirement", "What it asks", "Status", "Judged by"],
      rows: items.map(({ reference, title: what, status, evidence }) => [reference, what, status, evidence]),
    }
  })
  const map: Section[] =
    dataMap === undefined
      ? []
      : [
          {
            title: "Personal data",
            text: `${dataMap.length} places keep personal data, or let it pass.`,
            head: ["Place", "Kind", "Purpose", "Encrypted", "On erasure"],
            rows: dataMap.map(({ place, category, purpose, isEncrypted, onErase }) => [
              place,
              category,
              purpose ?? "",
              isEncrypted === undefined ? "" : isEncrypted ? "yes" : "no",
              onErase ?? "",
            ]),
          },
        ]
  const seen: Section[] =
    accesses === undefined
      ? []
      : [
          {
            title: "Accesses",
            text: `${accesses.length} entries of the audit log.`,
            head: ["When", "Who", "What", "Of whom", "Outcome"],
            rows: accesses.map(({ at, actor, action, target, outcome }) => [
              at,
              partyText(actor),
              action,
              target === null ? "" : partyText(target),
              outcome,
            ]),
          },
        ]
  return [...lists, ...map, ...seen]
}

function inMarkdown(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ").replaceAll(/[\\`*_{}[\]<>|#~]/g, "\\$&")
}

function inHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  }
  return text.replaceAll(/[&<>"']/g, (letter) => names[letter] ?? "")
}
