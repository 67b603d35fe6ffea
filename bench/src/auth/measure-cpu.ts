/** Processor microseconds of one operation, all threads of the process, each awaited before the next. */
export async function measureCpu(operation: () => Promise<unknown>, operations: number): Promise<number> {
  const before = process.cpuUsage()
  for (let at = 0; at < operations; at++) if ((await operation()) === undefined) throw new Error("It was not done.")
  const { user, system } = process.cpuUsage(before)
  return (user + system) / operations
}
