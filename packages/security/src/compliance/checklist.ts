/** What is known of a system: whoever writes it down vouches for it. What is left out is not known. */
export interface ComplianceFacts {
  /** TLS 1.2 or later on every way in, and between the parts. */
  readonly tlsEverywhere?: boolean
  /** Data and backups are encrypted where they are kept. */
  readonly encryptedAtRest?: boolean
  /** The least length of passwords. */
  readonly passwordMinLength?: number
  /** Minutes without a sign of life after which a session ends. */
  readonly sessionIdleMinutes?: number
  /** Attempts after which an account is locked for a while. */
  readonly lockoutAttempts?: number
  /** Who works on the system signs in with a second factor. */
  readonly mfaForOperators?: boolean
  /** Each person has an account of their own. */
  readonly uniqueAccounts?: boolean
  /** Roles and policies decide who may do what, and nobody may by default. */
  readonly accessByRole?: boolean
  /** Days for which the audit log is kept. */
  readonly auditDays?: number
  /** What `audit.verify` said last. */
  readonly auditVerified?: boolean
  /** Whether numbers of cards are kept, and whether in full. */
  readonly cardNumbers?: "none" | "truncated" | "encrypted" | "clear"
  /** Findings of `ashlar security scan` that are high or critical. */
  readonly seriousFindings?: number
  /** Days since a backup was last restored to see that it can be. */
  readonly restoreTestedDaysAgo?: number
  /** Personal data has a map, and each kind a time for which it is kept. */
  readonly dataMapped?: boolean
  readonly retentionJobs?: boolean
}

export type ChecklistName = "hipaa" | "pci-dss" | "gdpr"
type Status = "met" | "not met" | "not known"

interface Requirement {
  readonly reference: string
  readonly title: string
  readonly facts: readonly (keyof ComplianceFacts)[]
  readonly holds: (facts: ComplianceFacts) => boolean
}

export interface ChecklistItem {
  readonly reference: string
  readonly title: string
  readonly status: Status
  /** The facts that it was judged by. */
  readonly evidence: string
}

const least = (value: number | undefined, bound: number): boolean => value !== undefined && value >= bound
const most = (value: number | undefined, bound: number): boolean => value !== undefined && value <= bound
const need = (
  reference: string,
  title: string,
  fact: keyof ComplianceFacts,
  holds?: Requirement["holds"],
): Requirement => ({
  reference,
  title,
  facts: [fact],
  holds: holds ?? ((facts) => facts[fact] === true),
})

/** The technical parts. What an organization does beside (training, contracts, premises) no program can look at. */
const CHECKLISTS: Readonly<
  Record<
    ChecklistName,
    { readonly title: string; readonly source: string; readonly requirements: readonly Requirement[] }
  >
> = {
  hipaa: {
    title: "HIPAA Security Rule, technical safeguards",
    source: "https://www.ecfr.gov/current/title-45/section-164.312",
    requirements: [
      need("164.312(a)(1)", "Only those who were granted it have access", "accessByRole"),
      need("164.312(a)(2)(i)", "Each user is known by an account of their own", "uniqueAccounts"),
      need("164.312(a)(2)(iii)", "Sessions end after a time without use", "sessionIdleMinutes", (facts) =>
        most(facts.sessionIdleMinutes, 30),
      ),
      need("164.312(a)(2)(iv)", "Health data is encrypted where it is kept", "encryptedAtRest"),
      need("164.312(b)", "What happens to health data is recorded, and can be examined", "auditDays", (facts) =>
        least(facts.auditDays, 1),
      ),
      need("164.316(b)(2)(i)", "Records are kept for six years", "auditDays", (facts) => least(facts.auditDays, 2_190)),
      need("164.312(c)(1)", "Records are shown to be unchanged", "auditVerified"),
      need("164.312(d)", "Who seeks access is who they say: a second factor", "mfaForOperators"),
      need("164.312(e)(1)", "Health data is encrypted on its way", "tlsEverywhere"),
      need("164.308(a)(7)(ii)(D)", "Backups are tested", "restoreTestedDaysAgo", (facts) =>
        most(facts.restoreTestedDaysAgo, 365),
      ),
      need(
        "164.308(a)(1)(ii)(A)",
        "Weaknesses are looked for, and mended",
        "seriousFindings",
        (facts) => facts.seriousFindings === 0,
      ),
    ],
  },
  "pci-dss": {
    title: "PCI DSS 4.0.1, as far as software meets it",
    source: "https://www.pcisecuritystandards.org/document_library/",
    requirements: [
      need(
        "3.3.1",
        "Sensitive authentication data is not kept after authorization; numbers of cards are not kept in clear",
        "cardNumbers",
        (facts) => facts.cardNumbers !== "clear",
      ),
      need("3.5.1", "Kept numbers of cards are unreadable", "encryptedAtRest"),
      need("3.2.1", "What is kept is kept no longer than needed", "retentionJobs"),
      need("4.2.1", "Numbers of cards are encrypted on open networks", "tlsEverywhere"),
      need(
        "6.3.1",
        "Weaknesses are known and ranked; serious ones are mended",
        "seriousFindings",
        (facts) => facts.seriousFindings === 0,
      ),
      need("7.2.1", "Access is by need to know, and denied by default", "accessByRole"),
      need("8.2.1", "Each user has an account of their own", "uniqueAccounts"),
      need("8.2.8", "Sessions end after 15 minutes without use", "sessionIdleMinutes", (facts) =>
        most(facts.sessionIdleMinutes, 15),
      ),
      need("8.3.4", "An account is locked after at most ten attempts", "lockoutAttempts", (facts) =>
        most(facts.lockoutAttempts, 10),
      ),
      need("8.3.6", "Passwords have twelve characters or more", "passwordMinLength", (facts) =>
        least(facts.passwordMinLength, 12),
      ),
      need("8.4.2", "Access to the data of cards takes a second factor", "mfaForOperators"),
      need("10.3.4", "Changes of the audit log are found", "auditVerified"),
      need("10.5.1", "The audit log is kept for a year", "auditDays", (facts) => least(facts.auditDays, 365)),
    ],
  },
  gdpr: {
    title: "GDPR, as far as software meets it",
    source: "https://eur-lex.europa.eu/eli/reg/2016/679/oj",
    requirements: [
      need("Art. 30", "It is known which personal data is kept, and what for", "dataMapped"),
      need("Art. 5(1)(e)", "Personal data is kept no longer than needed", "retentionJobs"),
      need("Art. 5(2)", "What was done with personal data can be shown", "auditVerified"),
      need("Art. 25(2)", "By default nobody has access who needs none", "accessByRole"),
      need("Art. 32(1)(a)", "Personal data is encrypted on its way", "tlsEverywhere"),
      need("Art. 32(1)(a)", "Personal data is encrypted where it is kept", "encryptedAtRest"),
      need("Art. 32(1)(c)", "Data can be restored, and that was tried", "restoreTestedDaysAgo", (facts) =>
        most(facts.restoreTestedDaysAgo, 365),
      ),
      need(
        "Art. 32(1)(d)",
        "Its security is tested again and again",
        "seriousFindings",
        (facts) => facts.seriousFindings === 0,
      ),
    ],
  },
}

export interface Checklist {
  readonly name: ChecklistName
  readonly title: string
  readonly source: string
  readonly items: readonly ChecklistItem[]
}

/** A standard's technical requirements, each judged by what is known. What is not known is not met. */
export function checklist(name: ChecklistName, facts: ComplianceFacts): Checklist {
  const { title, source, requirements } = CHECKLISTS[name]
  const items = requirements.map(({ reference, title: what, facts: keys, holds }) => {
    const isKnown = keys.every((key) => facts[key] !== undefined)
    const status: Status = !isKnown ? "not known" : holds(facts) ? "met" : "not met"
    return { reference, title: what, status, evidence: keys.map((key) => `${key}: ${facts[key] ?? "?"}`).join(", ") }
  })
  return { name, title, source, items }
}
