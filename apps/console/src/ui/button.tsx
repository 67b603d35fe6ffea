import { Check, Copy, type LucideIcon } from "lucide-react"
import { type ComponentProps, useEffect, useRef, useState } from "react"
import { ariaKeys } from "../actions.ts"
import { Keys, Tip } from "./tooltip.tsx"

interface ButtonProps extends ComponentProps<"button"> {
  /** `ink` is the one primary button of a pane. */
  look?: "ink" | "quiet" | "danger" | "danger-solid" | undefined
  icon?: LucideIcon
  large?: boolean
  keys?: string
  busy?: boolean
}

const looks = { ink: "p", quiet: "q", danger: "d", "danger-solid": "d p" } as const

export function Button({ look, icon: Icon, large, keys, busy, className, children, ...rest }: ButtonProps) {
  const classes = ["btn", look && looks[look], large && "lg", className].filter(Boolean).join(" ")
  return (
    <button
      type="button"
      {...rest}
      className={classes}
      disabled={rest.disabled === true || busy === true}
      aria-busy={busy || undefined}
      aria-keyshortcuts={keys ? ariaKeys(keys) || undefined : undefined}
    >
      {Icon && <Icon className="i s" />}
      {children}
      {keys !== undefined && <Keys keys={keys} />}
    </button>
  )
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  /** What it does, for the tooltip and for those who do not see the icon. */
  label: string
  icon: LucideIcon
  keys?: string
  small?: boolean
}

export function IconButton({ label, icon: Icon, keys, small, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-keyshortcuts={keys ? ariaKeys(keys) || undefined : undefined}
        className={className ? `ib ${className}` : "ib"}
      >
        <Icon className={small ? "i s" : "i"} />
      </button>
    </Tip>
  )
}

const COPIED_MS = 1_600

/** Copies text, and says so for a moment. */
export function useCopy(): readonly [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = (text: string): void => {
    void copyText(text).then(() => {
      setCopied(true)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setCopied(false), COPIED_MS)
    })
  }
  return [copied, copy]
}

/** The clipboard exists in secure contexts only, and a console on a LAN is often not one. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement("textarea")
  area.value = text
  area.className = "visually-hidden"
  document.body.append(area)
  area.select()
  document.execCommand("copy")
  area.remove()
}

export function CopyButton({ text, label = "Copy", className }: { text: string; label?: string; className?: string }) {
  const [copied, copy] = useCopy()
  return (
    <Button className={className} icon={copied ? Check : Copy} onClick={() => copy(text)}>
      <span className="grid">
        <span className={copied ? "col-start-1 row-start-1 invisible" : "col-start-1 row-start-1"}>{label}</span>
        <span className={copied ? "col-start-1 row-start-1" : "col-start-1 row-start-1 invisible"} aria-live="polite">
          {copied ? "Copied" : ""}
        </span>
      </span>
    </Button>
  )
}

export function CopyIcon({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopy()
  return <IconButton small icon={copied ? Check : Copy} label={copied ? "Copied" : label} onClick={() => copy(text)} />
}
