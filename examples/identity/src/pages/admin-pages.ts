import { createPrincipal } from "@ashlar/auth"
import { html } from "@ashlar/mail"
import type { AuditPage, AuditReport } from "@ashlar/security/audit"
import { access, ROLES } from "../access.ts"
import type { PersonRow } from "../people.ts"
import { actionWords, factsOf } from "./account-pages.ts"
import { act, hidden, moment, page } from "./frame.ts"

export const peoplePage = (person: PersonRow, people: readonly PersonRow[], done?: string) =>
  page({
    title: "People",
    done,
    of: { person, here: "/people" },
    body: html`<section><h2>Who has an account</h2><ul class="rows">${people.map(({ id, email, name, role }) => {
      const other = role === "admin" ? "member" : "admin"
      return html`<li><span>${email}: ${role}<small>${name}</small></span> ${id === person.id ? html`<small>you</small>` : act(`/people/${id}/role`, `Make ${other}`, hidden("role", other))}</li>`
    })}</ul></section>
<section><h2>What each role may do</h2><div class="scroll" tabindex="0" role="region" aria-label="Roles"><table><thead><tr><th scope="col">Action</th>${ROLES.map((role) => html`<th scope="col">${role}</th>`)}</tr></thead><tbody>${access.actions.map((action) => html`<tr><th scope="row"><code>${action}</code></th>${ROLES.map((role) => html`<td>${access.explain(createPrincipal({ id: "somebody", kind: "user", roles: [role] }), action).allowed ? "yes" : "no"}</td>`)}</tr>`)}</tbody></table></div></section>`,
  })

interface AuditView {
  readonly log: AuditPage
  readonly outcome?: string | undefined
  readonly report?: AuditReport | undefined
  readonly nameOf: (id: string) => string
}
export const auditPage = (person: PersonRow, { log, outcome = "", report, nameOf }: AuditView) => {
  const next =
    log.next === undefined ? "" : `/audit?${new URLSearchParams({ after: log.next, ...(outcome && { outcome }) })}`
  const option = (value: string, words: string) =>
    value === outcome
      ? html`<option value="${value}" selected>${words}</option>`
      : html`<option value="${value}">${words}</option>`
  return page({
    title: "Audit",
    of: { person, here: "/audit" },
    ...(report !== undefined &&
      !report.ok && {
        problem: `The log was changed: entry ${report.broken?.sequence ?? "unknown"} is not as it was written.`,
      }),
    body: html`${report?.ok === true ? html`<p role="status">The log is whole: every entry fits the one in front of it.</p>` : ""}
<section><form method="get" action="/audit"><label>Show <select name="outcome">${option("", "all")}${option("success", "what was done")}${option("failure", "what failed")}${option("denied", "what was refused")}</select></label><div class="actions"><button>Show</button></div></form></section>
<section><h2>Who did what</h2><div class="scroll" tabindex="0" role="region" aria-label="Entries"><table><thead><tr><th scope="col">#</th><th scope="col">When</th><th scope="col">What</th><th scope="col">Who</th><th scope="col">About</th><th scope="col">From</th></tr></thead><tbody>${log.entries.map(
      ({ sequence, at, action, outcome: ended, actor, target, context, details }) =>
        html`<tr><td>${sequence}</td><td>${moment(Date.parse(at))}</td><td>${actionWords(action)}${ended === "success" ? "" : html` <strong>(${ended})</strong>`} <small>${factsOf(details)}</small></td><td>${nameOf(actor.id)}</td><td>${target === null || target.id === actor.id ? "" : nameOf(target.id)}</td><td>${String(context.address ?? "")}</td></tr>`,
    )}</tbody></table></div>${next === "" ? "" : html`<p><a href="${next}">Older</a></p>`}</section>
${act("/audit/verify", "Verify the log")}`,
  })
}
