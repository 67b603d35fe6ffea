import { ToggleGroup } from "radix-ui"
import { type ComponentProps, type ReactNode, useId } from "react"

interface FieldProps extends ComponentProps<"input"> {
  label: string
  hint?: ReactNode
  error?: string | undefined
  large?: boolean
  mono?: boolean
}

/** One labelled input with its hint or what is wrong with it. */
export function Field({ label, hint, error, large, mono, className, ...input }: FieldProps) {
  const id = useId()
  const classes = ["field", large && "lg", mono && "mono", className].filter(Boolean).join(" ")
  return (
    <div>
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <input
        {...input}
        id={id}
        className={`${classes} mt-1`}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={error !== undefined || hint !== undefined ? `${id}-hint` : undefined}
      />
      {(error !== undefined || hint !== undefined) && (
        <p id={`${id}-hint`} className={error === undefined ? "hint mt-1" : "wrong"}>
          {error ?? hint}
        </p>
      )}
    </div>
  )
}

export function Select<T extends string>({
  label,
  value,
  choices,
  onChange,
  hideLabel,
  className = "",
}: {
  label: string
  value: T
  choices: readonly (readonly [value: T, label: string])[]
  onChange: (value: T) => void
  hideLabel?: boolean
  className?: string
}) {
  const id = useId()
  return (
    <div className={className}>
      <label className={hideLabel ? "visually-hidden" : "label mb-1"} htmlFor={id}>
        {label}
      </label>
      <select id={id} className="field" value={value} onChange={(event) => onChange(event.target.value as T)}>
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

/** One of a few, side by side. */
export function Segments<T extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: T
  choices: readonly (readonly [value: T, text: ReactNode, name?: string])[]
  onChange: (value: T) => void
}) {
  return (
    <ToggleGroup.Root
      className="seg"
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(chosen) => chosen && onChange(chosen as T)}
    >
      {choices.map(([choice, text, name]) => (
        <ToggleGroup.Item key={choice} value={choice} aria-label={name}>
          {text}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
