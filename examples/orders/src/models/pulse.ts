import { integer, json, text, timestamp } from "@ashlar/orm"
import { ShopModel } from "./shop-model.ts"

/** A sign of life of a process that works. */
export class Pulse extends ShopModel {
  static readonly table = "pulses"
  static readonly columns = {
    worker: text(80).primary(),
    at: timestamp(),
    /** Jobs that it has in hand. */
    running: integer(),
    /** By the name of a kind of job. */
    donePerMinute: json<Readonly<Record<string, number>>>(),
  }
}
