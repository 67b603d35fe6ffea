import { Tabs } from "radix-ui"
import type { ReactNode } from "react"

/** The word of a tab, which keeps its place when it becomes bold. */
export function TabWord({ children }: { children: string }) {
  return (
    <span className="w" data-w={children}>
      {children}
    </span>
  )
}

/** The strip of tabs inside a panel; their contents follow as {@link TabPanel}. */
export function TabStrip<T extends string>({
  label,
  tabs,
}: {
  label: string
  tabs: readonly (readonly [value: T, label: string, count?: number | undefined])[]
}) {
  return (
    <Tabs.List className="tabs" aria-label={label}>
      {tabs.map(([value, text, count]) => (
        <Tabs.Trigger key={value} value={value}>
          <TabWord>{text}</TabWord>
          {count !== undefined && <span className="n">{count}</span>}
        </Tabs.Trigger>
      ))}
    </Tabs.List>
  )
}

export function TabRoot<T extends string>({
  value,
  onChange,
  className,
  children,
}: {
  value: T
  onChange: (value: T) => void
  className?: string
  children: ReactNode
}) {
  return (
    <Tabs.Root
      value={value}
      onValueChange={(next) => onChange(next as T)}
      className={className ?? "contents"}
      activationMode="manual"
    >
      {children}
    </Tabs.Root>
  )
}

export const TabPanel = Tabs.Content
