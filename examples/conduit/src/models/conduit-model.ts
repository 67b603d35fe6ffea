import { Model } from "@ashlar/orm"
import { Db } from "../services.ts"

/** What all models here have in common: where their tables are, and that `authorId` is `author_id` there. */
export abstract class ConduitModel extends Model {
  static readonly database = Db
  static readonly naming = "snake"
}
