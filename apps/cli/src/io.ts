import type { Fetch } from "@ashlar/sdk"

/** Questions to the person at the terminal. Each answer is what was typed; a cancelled question throws CLI_INTERRUPTED. */
export interface Prompts {
  text(message: string, initial?: string): Promise<string>
  /** What is typed stays hidden. */
  password(message: string): Promise<string>
  confirm(message: string): Promise<boolean>
}

/** Everything the command touches outside itself, so that a test can stand in for the terminal. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** All of standard input, as text. */
  readonly stdin: () => Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Present only where somebody can answer. */
  readonly prompts: Prompts | undefined
  /** Calls back with every key that is pressed, until it is called off. Present only where somebody can press one. */
  readonly keys?: ((onKey: (key: string) => void) => () => void) | undefined
  /** Lines that somebody types, each asked for with a prompt, until the end. Present only where somebody can type. */
  readonly lines?: ((prompt: () => string) => AsyncIterable<string>) | undefined
  /** True when standard error is a terminal that can redraw a line. */
  readonly live: boolean
  /** True when standard output shows colours. */
  readonly colors: boolean
  readonly columns: number
  /** Aborts on Ctrl-C and on a request to end. */
  readonly signal: AbortSignal
  readonly fetch?: Fetch | undefined
}
