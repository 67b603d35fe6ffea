/** One step of a longer task: a spinner on a terminal, plain lines elsewhere, its output only when it fails. */
export async function runStep(label: string, command: string[], options: { cwd?: string } = {}): Promise<void> {
  const started = performance.now()
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`
  const terminal = process.stderr.isTTY === true
  const spinner = terminal
    ? setInterval(() => process.stderr.write(`\r\u001b[K… ${label} ${seconds()}`), 200)
    : void process.stderr.write(`… ${label}\n`)
  const child = Bun.spawn(command, { ...options, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const [out, problems, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (spinner !== undefined) clearInterval(spinner)
  if (terminal) process.stderr.write("\r\u001b[K")
  process.stderr.write(`${code === 0 ? "✓" : "✗"} ${label} (${seconds()})\n`)
  if (code === 0) return
  process.stderr.write(`\n${out}${problems}\n`)
  process.exit(1)
}
