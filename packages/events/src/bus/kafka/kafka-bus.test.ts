import { afterAll } from "bun:test"
import { describeBus } from "../../testing/bus-suite.ts"
import { startFakeKafka } from "../../testing/kafka/fake-kafka.ts"
import { busGuarantees, openBus } from "../open-bus.ts"

const kafka = await startFakeKafka()
afterAll(() => kafka.close())
const url = `kafka://127.0.0.1:${kafka.port}/suite`

describeBus("a fake of Kafka", {
  open: (options) => openBus(url, options),
  guarantees: busGuarantees(url),
  cut: () => kafka.cut(),
  url,
})
