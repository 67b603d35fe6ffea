import { toLambda } from "@ashlar/http/lambda"
import { type LambdaFrontKind, startLambdaFront } from "@ashlar/http/testing/lambda-front"
import app from "./app.ts"

/** Lambda, with what AWS puts in front of it: it makes events of requests, and answers of results. */
const kind = (process.env.LAMBDA_FRONT ?? "url") as LambdaFrontKind
const front = await startLambdaFront(toLambda(app), { kind })
console.log(JSON.stringify({ url: front.url }))
