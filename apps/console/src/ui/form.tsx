import { ToggleGroup } from "radix-ui"
import { type ComponentProps, type ReactNode, useId } from "react"

interface FieldProps extends ComponentProps<"input"> {
  label: string
  hint?: ReactNode
  error?: string | undefined
  large?: boolean
  mono?: boolean
}

/** What is said under a control, and how the control is bound to it. */
function useHint(hint: ReactNode, error: string | undefined) {
  const id = useId()
  const isSaid = error !== undefined || hint !== undefined
  return {
    bound: {
      id,
      "aria-invalid": error !== undefined || undefined,
      "aria-describedby": isSaid ? `${id}-hint` : undefined,
    },
    said: isSaid && (
      <p id={`${id}-hint`} className={error === undefined ? "hint mt-1" : "wrong"}>
        {error ?? hint}
      </p>
    ),
  }
}

/** One labelled input with its hint or what is wrong with it. */
export function Field({ label, hint, error, large, mono, className, ...input }: FieldProps) {
  const { bound, said } = useHint(hint, error)
  const classes = ["field", large && "lg", mono && "mono", className].filter(Boolean).join(" ")
  return (
    <div>
      <label className="label" htmlFor={bound.id}>
        {label}
      </label>
      <input {...input} {...bound} className={`${classes} mt-1`} />
      {said}
    </div>
  )
}

interface TextAreaProps extends ComponentProps<"textarea"> {
  label: string
  hint?: ReactNode
  error?: string | undefined
  mono?: boolean
}

/** The same for text of several lines. */
export function TextArea({ label, hint, error, mono, ...area }: TextAreaProps) {
  const { bound, said } = useHint(hint, error)
  return (
    <div>
      <label className="label" htmlFor={bound.id}>
        {label}
      </label>
      <textarea {...area} {...bound} className={mono ? "field mono mt-1" : "field mt-1"} />
      {said}
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

/** The same with its name over it, as part of a form. */
export function Choice<T extends string>({ label, ...segments }: Parameters<typeof Segments<T>>[0]) {
  return (
    <div>
      <div className="label mb-1">{label}</div>
      <Segments label={label} {...segments} />
    </div>
  )
}
