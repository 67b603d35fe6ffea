/** The mark: a letter A laid in three courses with a gateway. Shown at 24 px or a multiple. */
export function Mark({ sizePx = 24 }: { sizePx?: number }) {
  return (
    <svg width={sizePx} height={sizePx} viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
      <path d="M8.9 2h6.2l2.1 6H6.8z" />
      <path d="M6.45 9h5.05v6H4.35zM12.5 9h5.05l2.1 6H12.5z" />
      <path d="M4 16h5v6H1.9zM15 16h5l2.1 6H15z" />
    </svg>
  )
}
