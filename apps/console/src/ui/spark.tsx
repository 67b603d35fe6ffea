interface SparkProps {
  values: readonly number[]
  /** What the picture shows, in words. */
  label: string
  kind?: "bars" | "line"
  /** The colour of bars that are not zero; zeros are always quiet. */
  tone?: "plain" | "bad"
  heightPx?: number
  /** Room for so many values; fewer stand at the right, where the newest are. */
  slots?: number
}

/** A small picture of a series: one path, no axes. */
export function Spark({ values, label, kind = "line", tone = "plain", heightPx = 26, slots = 48 }: SparkProps) {
  const top = Math.max(1, ...values)
  const width = Math.max(slots, values.length)
  const from = width - values.length
  const y = (value: number): number => heightPx - 1 - (value / top) * (heightPx - 2)
  const bars = (isZero: boolean): string =>
    values
      .map((value, x) =>
        (value === 0) === isZero ? `M${from + x + 0.1} ${heightPx}V${y(value).toFixed(2)}h.7V${heightPx}z` : "",
      )
      .join("")
  const points = values
    .map((value, x) => `${x === 0 ? "M" : "L"}${(from + x + 0.5).toFixed(2)} ${y(value).toFixed(2)}`)
    .join("")
  return (
    <svg
      className="w-full"
      height={heightPx}
      viewBox={`0 0 ${width} ${heightPx}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {kind === "bars" ? (
        <>
          <path d={bars(true)} fill="var(--data-2)" />
          <path d={bars(false)} fill={tone === "bad" ? "var(--bad)" : "var(--data-1)"} />
        </>
      ) : (
        values.length > 1 && (
          <>
            <path d={`${points}V${heightPx}H${from + 0.5}z`} fill="var(--data-fill)" />
            <path d={points} fill="none" stroke="var(--data-1)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
          </>
        )
      )}
    </svg>
  )
}
