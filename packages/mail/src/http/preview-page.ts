import type { PreparedMessage } from "../message.ts"
import { type Html, html, raw } from "../templates/html.ts"
import type { OutboxEntry } from "../transport.ts"

const STYLE = raw(`:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:60rem;padding:1.5rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}
a{color:LinkText}
ol{list-style:none;padding:0}
li a{display:grid;grid-template-columns:1fr auto;gap:0 1rem;padding:.6rem .2rem;border-bottom:1px solid color-mix(in srgb,CanvasText 20%,Canvas);text-decoration:none;color:CanvasText}
li a:hover{background:color-mix(in srgb,CanvasText 6%,Canvas)}
li span,li time{color:color-mix(in srgb,CanvasText 75%,Canvas)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem}
dt{color:color-mix(in srgb,CanvasText 75%,Canvas)}
dd{margin:0;overflow-wrap:anywhere}
iframe{width:100%;height:32rem;border:1px solid color-mix(in srgb,CanvasText 30%,Canvas);background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid color-mix(in srgb,CanvasText 30%,Canvas);padding:1rem}
h2{font-size:1.05rem}`)

function page(title: string, content: Html): string {
  return String(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${title}</title>
${raw("<style>")}${STYLE}${raw("</style>")}</head><body><main>${content}</main></body></html>`)
}

/** All that were sent, the newest first. @param base the path of the list, without a slash behind it */
export function listPage(entries: readonly OutboxEntry[], base: string): string {
  const rows = entries.map(
    ({ id, at, message }) =>
      html`<li><a href="${`${base}/${id}`}"><strong>${message.subject || "(no subject)"}</strong> <time datetime="${at.toISOString()}">${at.toISOString().slice(0, 19).replace("T", " ")}</time><span>to ${message.to.map(formatName).join(", ")}</span></a></li>`,
  )
  const content = rows.length === 0 ? html`<p>No mail was sent yet.</p>` : html`<ol>${rows}</ol>`
  return page("Mail", html`<h1>Mail</h1><p>What was sent by this process. None of it left it.</p>${content}`)
}

/** One message: who, what, its HTML as its reader sees it, and its text. */
export function messagePage({ id, at, message }: OutboxEntry, base: string): string {
  const own = `${base}/${id}`
  const { subject, text, attachments, tags, headers, replyTo } = message
  const facts: readonly (readonly [string, string])[] = [
    ["From", formatName(message.from)],
    ...(["to", "cc", "bcc"] as const).map(
      (field) => [field[0]!.toUpperCase() + field.slice(1), names(message, field)] as const,
    ),
    ["Reply to", replyTo === undefined ? "" : formatName(replyTo)],
    ["Sent", at.toISOString()],
    ["Tags", tags.join(", ")],
    ...Object.entries(headers),
  ]
  const files = attachments.map(
    ({ filename, content, contentType }, index) =>
      html`<li><a href="${`${own}/attachments/${index}`}">${filename} <span>${contentType}, ${content.length} bytes</span></a></li>`,
  )
  return page(
    subject,
    html`<p><a href="${base}/">All mail</a></p><h1>${subject || "(no subject)"}</h1>
<dl>${facts.filter(([, value]) => value !== "").map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${files.length > 0 && html`<h2>Attachments</h2><ol>${files}</ol>`}
${message.html !== undefined && html`<h2>HTML</h2><iframe title="The message as its reader sees it" sandbox src="${`${own}/html`}"></iframe>`}
<h2>Text</h2><pre tabindex="0">${text}</pre>`,
  )
}

function names(message: PreparedMessage, field: "to" | "cc" | "bcc"): string {
  return message[field].map(formatName).join(", ")
}

function formatName({ name, email }: { readonly name: string; readonly email: string }): string {
  return name === "" ? email : `${name} <${email}>`
}
