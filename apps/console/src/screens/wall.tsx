import { type ReactNode, useEffect, useMemo, useState } from "react"
import { layWall } from "../model/wall.ts"
import { Mark } from "../ui/mark.tsx"

function useViewport(): readonly [width: number, height: number] {
  const [size, setSize] = useState([innerWidth, innerHeight] as const)
  useEffect(() => {
    const measure = (): void => setSize([innerWidth, innerHeight])
    addEventListener("resize", measure)
    return () => removeEventListener("resize", measure)
  }, [])
  return size
}

interface WallProps {
  /** How much room the form needs. */
  heightPx: number
  /** Facts for the blocks around it. */
  facts?: readonly (readonly [name: string, value: string])[]
  children: ReactNode
}

/** A wall of stones; the one in the middle holds the form. On a phone there is only that one. */
export function Wall({ heightPx, facts = [], children }: WallProps) {
  const [width, height] = useViewport()
  const wall = useMemo(() => layWall(width, height, heightPx), [width, height, heightPx])
  const { stone } = wall
  return (
    <div className="wall">
      <svg aria-hidden="true">
        {wall.blocks.map((block) => (
          <rect
            key={`${block.x},${block.y}`}
            x={block.x + 0.5}
            y={block.y + 0.5}
            width={block.width}
            height={block.height}
            fill={`var(--stone-${block.tone})`}
          />
        ))}
      </svg>
      {facts.length > 0 && (
        <aside aria-label="This install">
          <dl>
            {facts.map(([name, value], position) => {
              const block = wall.notes[position]
              return block ? (
                <div
                  className="note"
                  key={name}
                  style={{ left: block.x, top: block.y, width: block.width, height: block.height }}
                >
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ) : null
            })}
          </dl>
        </aside>
      )}
      <main className="stone" style={{ left: stone.x, top: stone.y, width: stone.width, height: stone.height }}>
        {children}
      </main>
    </div>
  )
}

export function Wordmark() {
  return (
    <div className="wordmark">
      <Mark />
      Ashlar
    </div>
  )
}

export function Steps({ steps, current }: { steps: readonly string[]; current: number }) {
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map((step, position) => (
        <li key={step} aria-current={position === current ? "step" : undefined}>
          <b>{position + 1}</b>
          {step}
        </li>
      ))}
    </ol>
  )
}
