/** What the kernel would do with a call, by running a filter as it does. */

export interface SystemCall {
  readonly number: number
  readonly audit: number
  readonly args?: readonly number[]
}

export type Verdict = "allow" | "kill" | "log" | `errno ${number}`

/** One instruction of classic BPF. */
export interface Instruction {
  readonly code: number
  readonly jumpTrue: number
  readonly jumpFalse: number
  readonly k: number
}

export function decodeFilter(bytes: Uint8Array): Instruction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 8 }, (_, at) => ({
    code: view.getUint16(at * 8, true),
    jumpTrue: view.getUint8(at * 8 + 2),
    jumpFalse: view.getUint8(at * 8 + 3),
    k: view.getUint32(at * 8 + 4, true),
  }))
}

export function runFilter(program: readonly Instruction[], call: SystemCall): Verdict {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, call.number, true)
  data.setUint32(4, call.audit, true)
  for (const [index, value] of (call.args ?? []).entries())
    data.setBigUint64(16 + index * 8, BigInt.asUintN(64, BigInt(value)), true)
  let accumulator = 0
  for (let at = 0; ; at++) {
    const { code, jumpTrue, jumpFalse, k } = program[at]!
    if (code === 0x20) accumulator = data.getUint32(k, true)
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0
    else if (code === 0x15) at += accumulator === k ? jumpTrue : jumpFalse
    else if (code === 0x35) at += accumulator >= k ? jumpTrue : jumpFalse
    else if (code === 0x06) return verdictOf(k)
    else throw new RangeError(`Unknown instruction 0x${code.toString(16)}`)
  }
}

function verdictOf(value: number): Verdict {
  if (value === 0x7fff0000) return "allow"
  if (value === 0x80000000) return "kill"
  if (value === 0x7ffc0000) return "log"
  return `errno ${value & 0xffff}`
}
