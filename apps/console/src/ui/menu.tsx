import type { LucideIcon } from "lucide-react"
import { Check } from "lucide-react"
import { DropdownMenu, Popover as RadixPopover } from "radix-ui"
import type { ReactElement, ReactNode } from "react"
import { Keys } from "./tooltip.tsx"

/** What opens over the page belongs to it: outside of `main` it would belong to no landmark. */
function pageRoot(): HTMLElement | null {
  return document.getElementById("main")
}

export function Menu({
  trigger,
  align = "end",
  children,
}: {
  trigger: ReactElement
  align?: "start" | "end"
  children: ReactNode
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={pageRoot()}>
        <DropdownMenu.Content className="pop menu overflow-auto" align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

export function MenuItem({
  icon: Icon,
  keys,
  danger,
  disabled,
  onSelect,
  children,
}: {
  icon?: LucideIcon
  keys?: string
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
  children: ReactNode
}) {
  return (
    <DropdownMenu.Item className={danger ? "d" : ""} disabled={disabled === true} onSelect={onSelect}>
      {Icon && <Icon className="i s" />}
      {children}
      {keys !== undefined && (
        <span className="ml-auto pl-4">
          <Keys keys={keys} />
        </span>
      )}
    </DropdownMenu.Item>
  )
}

/** Items of which several may be on; choosing one leaves the menu open. */
export function MenuToggle({ on, onToggle, children }: { on: boolean; onToggle: () => void; children: ReactNode }) {
  return (
    <DropdownMenu.CheckboxItem checked={on} onCheckedChange={onToggle} onSelect={(event) => event.preventDefault()}>
      <span className="i s grid place-items-center">{on && <Check className="i s" />}</span>
      {children}
    </DropdownMenu.CheckboxItem>
  )
}

/** One of several choices. */
export function MenuChoices({
  value,
  choices,
  onChange,
}: {
  value: string
  choices: readonly (readonly [value: string, label: string])[]
  onChange: (value: string) => void
}) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChange}>
      {choices.map(([choice, label]) => (
        <DropdownMenu.RadioItem key={choice} value={choice}>
          <span className="i s grid place-items-center">{choice === value && <Check className="i s" />}</span>
          {label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}

export const MenuLine = DropdownMenu.Separator

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="menu-label">{children}</DropdownMenu.Label>
}

/** A small form or fact sheet, hung on the button that opens it. */
export function Popover({
  trigger,
  open,
  onOpenChange,
  label,
  align = "start",
  className = "",
  children,
}: {
  trigger: ReactElement
  open: boolean
  onOpenChange: (open: boolean) => void
  label: string
  align?: "start" | "end"
  className?: string
  children: ReactNode
}) {
  return (
    <RadixPopover.Root open={open} onOpenChange={onOpenChange}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal container={pageRoot()}>
        <RadixPopover.Content
          className={`pop overflow-auto ${className}`}
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={8}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  )
}
