import { useRef } from "react"
import { useActions } from "../../actions.ts"
import { type AuditChoices, type AuditSearch, isNarrowed, toDay } from "../../model/audit-filter.ts"
import { Button } from "../../ui/button.tsx"
import { Select } from "../../ui/form.tsx"

interface AuditFiltersProps {
  readonly search: AuditSearch
  readonly onChange: (changes: AuditSearch) => void
  readonly people: AuditChoices
  readonly actions: AuditChoices
  /** Keys and secrets, where the trail is theirs. */
  readonly objects?: AuditChoices
}

/** Who, what, when, and what became of it. */
export function AuditFilters({ search, onChange, people, actions, objects }: AuditFiltersProps) {
  const input = useRef<HTMLInputElement>(null)
  useActions([
    { id: "filter-audit", title: "Filter the audit", group: "Do", keys: "/", run: () => input.current?.focus() },
  ])
  const clear = { who: undefined, what: undefined, of: undefined, outcome: undefined, find: undefined }
  return (
    <search className="filters" aria-label="Filters of the audit">
      <Choice label="Who" any="Anybody" value={search.who} choices={people} onChange={(who) => onChange({ who })} />
      <Choice
        label="What"
        any="Anything"
        value={search.what}
        choices={actions}
        onChange={(what) => onChange({ what })}
      />
      {objects && (
        <Choice
          label="Of"
          any="Any key or secret"
          value={search.of}
          choices={objects}
          onChange={(of) => onChange({ of })}
        />
      )}
      {objects && (
        <Choice
          label="Outcome"
          any="Any outcome"
          value={search.outcome}
          choices={[
            ["success", "Done"],
            ["denied", "Refused"],
          ]}
          onChange={(outcome) => onChange({ outcome: outcome as AuditSearch["outcome"] })}
        />
      )}
      <Day label="From" value={search.since} max={search.until} onChange={(since) => onChange({ since })} />
      <Day label="To" value={search.until} min={search.since} onChange={(until) => onChange({ until })} />
      <input
        ref={input}
        type="search"
        className="field find"
        aria-label="Filter the audit"
        placeholder="Words in it"
        value={search.find ?? ""}
        onChange={(event) => onChange({ find: event.target.value === "" ? undefined : event.target.value })}
      />
      {isNarrowed(search) && (
        <Button look="quiet" onClick={() => onChange({ ...clear, since: undefined, until: undefined })}>
          Clear
        </Button>
      )}
    </search>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly any: string
  readonly value: string | undefined
  readonly choices: AuditChoices
  readonly onChange: (value: string | undefined) => void
}

function Choice({ label, any, value, choices, onChange }: ChoiceProps) {
  // What the address asks for is shown, also where it is none of those that are known here.
  const isKnown = value === undefined || choices.some(([one]) => one === value)
  const shown: AuditChoices = [["", any], ...choices, ...(isKnown ? [] : [[value, value] as const])]
  return (
    <Select
      hideLabel
      label={label}
      value={value ?? ""}
      choices={shown}
      onChange={(next) => onChange(next === "" ? undefined : next)}
    />
  )
}

interface DayProps {
  readonly label: string
  readonly value: string | undefined
  readonly min?: string | undefined
  readonly max?: string | undefined
  readonly onChange: (value: string | undefined) => void
}

function Day({ label, value, onChange, ...bounds }: DayProps) {
  return (
    <label className="day">
      <span className="hint">{label}</span>
      <input
        type="date"
        className="field"
        value={value ?? ""}
        {...bounds}
        onChange={(event) => onChange(toDay(event.target.value))}
      />
    </label>
  )
}
