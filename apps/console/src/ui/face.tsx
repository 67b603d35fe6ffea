import { toInitials } from "../model/format.ts"

/** A person's initials, for the eye: the name stands beside it or is the name of the button around it. */
export function Face({ name, quiet, className = "" }: { name: string; quiet?: boolean; className?: string }) {
  return (
    <span
      className={`face ${quiet ? "q" : ""} ${className}`}
      title={name}
      aria-hidden="true"
      data-initials={toInitials(name)}
    />
  )
}
