import type { Op } from "./protocol.ts"

/**
 * About how many bytes an operation takes in memory, so that queues can be bounded. Stops counting above the bound, so
 * that neither a huge nor a cyclic value is walked to its end.
 */
export function sizeOfOp(op: Op, boundBytes: number): number {
  if (op.type === "call") return op.procedure.length + sizeOfValue(op.args, boundBytes)
  let bytes = 0
  for (const { sql, params } of op.statements) {
    bytes += sql.length
    if (params !== undefined) bytes += sizeOfValue(params, boundBytes)
    if (bytes > boundBytes) break
  }
  return bytes
}

function sizeOfValue(value: unknown, boundBytes: number): number {
  if (!Array.isArray(value)) return sizeOfTree(value, boundBytes)
  // Most arguments are a flat list, which needs no stack.
  let bytes = 8
  for (let index = 0; index < value.length && bytes <= boundBytes; index++) {
    const item: unknown = value[index]
    if (typeof item === "string") bytes += 8 + item.length
    else bytes += typeof item === "object" ? sizeOfTree(item, boundBytes - bytes) : 8
  }
  return bytes
}

function sizeOfTree(value: unknown, boundBytes: number): number {
  let bytes = 0
  const stack: unknown[] = [value]
  while (stack.length > 0 && bytes <= boundBytes) {
    const next = stack.pop()
    bytes += 8
    if (typeof next === "string") bytes += next.length
    else if (ArrayBuffer.isView(next) || next instanceof ArrayBuffer) bytes += next.byteLength
    else if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (typeof next === "object" && next !== null) {
      for (const [key, item] of Object.entries(next)) {
        bytes += key.length
        stack.push(item)
      }
    }
  }
  return bytes
}
