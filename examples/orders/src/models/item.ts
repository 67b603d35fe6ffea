import { integer, text } from "@ashlar/orm"
import { ShopModel } from "./shop-model.ts"

/** What is sold, and how many of it there are: free ones, and those that are held for orders on their way. */
export class Item extends ShopModel {
  static readonly table = "items"
  static readonly columns = {
    sku: text(40).primary(),
    name: text(120),
    priceCents: integer(),
    free: integer(),
    held: integer(),
  }
}
