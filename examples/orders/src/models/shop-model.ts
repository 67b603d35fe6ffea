import { Model } from "@ashlar/orm"
import { Db } from "../database.ts"

/** What all models here have in common: where their tables are, and that `placedAt` is `placed_at` there. */
export abstract class ShopModel extends Model {
  static readonly database = Db
  static readonly naming = "snake"
}
