/** Where the keys are in the grid. Row -1 is the head, column 0 the check boxes. */
export interface Cell {
  readonly row: number
  readonly column: number
}

export interface GridSize {
  readonly rows: number
  /** With the check boxes and the age. */
  readonly columns: number
  /** Rows in sight. */
  readonly page: number
}

/** Where a key leads; undefined when it does not move. Home and End go to the ends of the grid with `toEnd`. */
export function moveCell(cell: Cell, key: string, toEnd: boolean, size: GridSize): Cell | undefined {
  const moved = target(cell, key, toEnd, size)
  if (!moved) return undefined
  return {
    row: Math.max(-1, Math.min(size.rows - 1, moved.row)),
    column: Math.max(0, Math.min(size.columns - 1, moved.column)),
  }
}

function target({ row, column }: Cell, key: string, toEnd: boolean, size: GridSize): Cell | undefined {
  if (key === "Home") return toEnd ? { row: 0, column: 0 } : { row, column: 0 }
  if (key === "End") return toEnd ? { row: size.rows, column } : { row, column: size.columns }
  if (toEnd) return undefined
  switch (key) {
    case "ArrowDown":
      return { row: row + 1, column }
    case "ArrowUp":
      return { row: row - 1, column }
    case "ArrowRight":
      return { row, column: column + 1 }
    case "ArrowLeft":
      return { row, column: column - 1 }
    case "PageDown":
      return { row: row + size.page, column }
    case "PageUp":
      return { row: Math.max(0, row - size.page), column }
    default:
      return undefined
  }
}
