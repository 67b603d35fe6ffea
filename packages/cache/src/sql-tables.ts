const ATTEMPTS = 5

/** Makes tables that are missing. Of two processes that make one at once PostgreSQL refuses the second, after the first is done. */
export async function inSpiteOfOthers(make: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await make()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
}
