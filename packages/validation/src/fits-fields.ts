import { misses } from "./misfit.ts"
import type { Fits } from "./node.ts"
import type { Fields } from "./own-fields.ts"

/** A field of an object that is only asked whether it fits. */
export interface FieldFits {
  readonly key: string
  readonly fits: Fits
  readonly mayBeAbsent: boolean
}

/** What may stand in an object besides, and the fields that are still to be asked about. */
interface Rest {
  /** Unknown keys are taken. */
  readonly isOpen: boolean
  /** Who asks, and how many fields stand in front. */
  readonly asker: object
  readonly offset: number
  /** Asked at the end, with how many fields were there so far. */
  readonly next: FitsFields | undefined
}

type FitsFields = (value: unknown, before?: number) => boolean

/**
 * Whether an object is plain, has fields that fit, and no others.
 *
 * Written out for one to eight fields, and in eights for more: a loop over lists of keys and checks takes twice as long on V8
 * and on JavaScriptCore, because every look-up in it meets every key there is, and so none is remembered. Only plain objects,
 * and no key that every object inherits: there a look-up tells what was sent.
 */
export function fitsFields(fields: readonly FieldFits[], isOpen: boolean, asker: object): Fits {
  const groups = Array.from({ length: Math.max(1, Math.ceil(fields.length / 8)) }, (_, at) =>
    fields.slice(at * 8, at * 8 + 8),
  )
  return groups.reduceRight<FitsFields | undefined>((next, group, at) => {
    return BY_COUNT[group.length]!(group, { isOpen, asker, offset: at * 8, next })
  }, undefined)!
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null
}

/** Asked after a first look-up, which tells an engine what kind of object it is: V8 then knows the answer without a call. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

/** How many enumerable keys there are; inherited ones too. */
export function size(value: object): number {
  let keys = 0
  for (const _ in value) keys++
  return keys
}

function none(_: readonly FieldFits[], { isOpen }: Rest): FitsFields {
  return (value) => isObject(value) && isPlain(value) && (isOpen || size(value) === 0)
}

function one([a]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    const given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 1, present)
  }
}

function two([a, b]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 2, present)
  }
}

function three([a, b, c]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    given = value[keyC]
    if (given === undefined ? !freeC : !fitsC(given)) return misses(value, asker, offset + 2, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 3, present)
  }
}

function four([a, b, c, d]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c!
  const { key: keyD, fits: fitsD, mayBeAbsent: freeD } = d!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    given = value[keyC]
    if (given === undefined ? !freeC : !fitsC(given)) return misses(value, asker, offset + 2, present)
    if (given !== undefined) present++
    given = value[keyD]
    if (given === undefined ? !freeD : !fitsD(given)) return misses(value, asker, offset + 3, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 4, present)
  }
}

function five([a, b, c, d, e]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c!
  const { key: keyD, fits: fitsD, mayBeAbsent: freeD } = d!
  const { key: keyE, fits: fitsE, mayBeAbsent: freeE } = e!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    given = value[keyC]
    if (given === undefined ? !freeC : !fitsC(given)) return misses(value, asker, offset + 2, present)
    if (given !== undefined) present++
    given = value[keyD]
    if (given === undefined ? !freeD : !fitsD(given)) return misses(value, asker, offset + 3, present)
    if (given !== undefined) present++
    given = value[keyE]
    if (given === undefined ? !freeE : !fitsE(given)) return misses(value, asker, offset + 4, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 5, present)
  }
}

function six([a, b, c, d, e, f]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c!
  const { key: keyD, fits: fitsD, mayBeAbsent: freeD } = d!
  const { key: keyE, fits: fitsE, mayBeAbsent: freeE } = e!
  const { key: keyF, fits: fitsF, mayBeAbsent: freeF } = f!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    given = value[keyC]
    if (given === undefined ? !freeC : !fitsC(given)) return misses(value, asker, offset + 2, present)
    if (given !== undefined) present++
    given = value[keyD]
    if (given === undefined ? !freeD : !fitsD(given)) return misses(value, asker, offset + 3, present)
    if (given !== undefined) present++
    given = value[keyE]
    if (given === undefined ? !freeE : !fitsE(given)) return misses(value, asker, offset + 4, present)
    if (given !== undefined) present++
    given = value[keyF]
    if (given === undefined ? !freeF : !fitsF(given)) return misses(value, asker, offset + 5, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 6, present)
  }
}

function seven([a, b, c, d, e, f, g]: readonly FieldFits[], { isOpen, asker, offset }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c!
  const { key: keyD, fits: fitsD, mayBeAbsent: freeD } = d!
  const { key: keyE, fits: fitsE, mayBeAbsent: freeE } = e!
  const { key: keyF, fits: fitsF, mayBeAbsent: freeF } = f!
  const { key: keyG, fits: fitsG, mayBeAbsent: freeG } = g!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    given = value[keyC]
    if (given === undefined ? !freeC : !fitsC(given)) return misses(value, asker, offset + 2, present)
    if (given !== undefined) present++
    given = value[keyD]
    if (given === undefined ? !freeD : !fitsD(given)) return misses(value, asker, offset + 3, present)
    if (given !== undefined) present++
    given = value[keyE]
    if (given === undefined ? !freeE : !fitsE(given)) return misses(value, asker, offset + 4, present)
    if (given !== undefined) present++
    given = value[keyF]
    if (given === undefined ? !freeF : !fitsF(given)) return misses(value, asker, offset + 5, present)
    if (given !== undefined) present++
    given = value[keyG]
    if (given === undefined ? !freeG : !fitsG(given)) return misses(value, asker, offset + 6, present)
    if (given !== undefined) present++
    return isOpen || present === size(value) || misses(value, asker, offset + 7, present)
  }
}

function eight([a, b, c, d, e, f, g, h]: readonly FieldFits[], { isOpen, asker, offset, next }: Rest): FitsFields {
  const { key: keyA, fits: fitsA, mayBeAbsent: freeA } = a!
  const { key: keyB, fits: fitsB, mayBeAbsent: freeB } = b!
  const { key: keyC, fits: fitsC, mayBeAbsent: freeC } = c!
  const { key: keyD, fits: fitsD, mayBeAbsent: freeD } = d!
  const { key: keyE, fits: fitsE, mayBeAbsent: freeE } = e!
  const { key: keyF, fits: fitsF, mayBeAbsent: freeF } = f!
  const { key: keyG, fits: fitsG, mayBeAbsent: freeG } = g!
  const { key: keyH, fits: fitsH, mayBeAbsent: freeH } = h!
  return (value, before = 0) => {
    if (!isObject(value)) return false
    let given = value[keyA]
    if (!isPlain(value)) return false
    let present = before
    if (given === undefined ? !freeA : !fitsA(given)) return misses(value, asker, offset + 0, present)
    if (given !== undefined) present++
    given = value[keyB]
    if (given === undefined ? !freeB : !fitsB(given)) return misses(value, asker, offset + 1, present)
    if (given !== undefined) present++
    given = value[keyC]
    if (given === undefined ? !freeC : !fitsC(given)) return misses(value, asker, offset + 2, present)
    if (given !== undefined) present++
    given = value[keyD]
    if (given === undefined ? !freeD : !fitsD(given)) return misses(value, asker, offset + 3, present)
    if (given !== undefined) present++
    given = value[keyE]
    if (given === undefined ? !freeE : !fitsE(given)) return misses(value, asker, offset + 4, present)
    if (given !== undefined) present++
    given = value[keyF]
    if (given === undefined ? !freeF : !fitsF(given)) return misses(value, asker, offset + 5, present)
    if (given !== undefined) present++
    given = value[keyG]
    if (given === undefined ? !freeG : !fitsG(given)) return misses(value, asker, offset + 6, present)
    if (given !== undefined) present++
    given = value[keyH]
    if (given === undefined ? !freeH : !fitsH(given)) return misses(value, asker, offset + 7, present)
    if (given !== undefined) present++
    if (next !== undefined) return next(value, present)
    return isOpen || present === size(value) || misses(value, asker, offset + 8, present)
  }
}

const BY_COUNT: readonly ((fields: readonly FieldFits[], rest: Rest) => FitsFields)[] = [
  none,
  one,
  two,
  three,
  four,
  five,
  six,
  seven,
  eight,
]
