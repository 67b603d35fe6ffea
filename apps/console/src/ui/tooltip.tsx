import { Tooltip } from "radix-ui"
import type { ReactElement } from "react"
import { keyCaps } from "../actions.ts"

export const TipProvider = Tooltip.Provider

/** A name for something that only shows an icon; opens on focus, too. */
export function Tip({
  text,
  keys,
  side = "bottom",
  children,
}: {
  text: string
  keys?: string | undefined
  side?: "bottom" | "right"
  children: ReactElement
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tip" side={side} sideOffset={6} collisionPadding={8}>
          {text}
          {keys !== undefined && <Keys keys={keys} />}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}

/** The caps of a shortcut, for the eye only; `aria-keyshortcuts` says it to others. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span aria-hidden="true" className="inline-flex gap-0.5">
      {keyCaps(keys).map((cap, position) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the caps never move
        <kbd key={position}>{cap}</kbd>
      ))}
    </span>
  )
}
