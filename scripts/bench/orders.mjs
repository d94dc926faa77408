/**
 * Carries out the orders of the process that forked this one, one at a time, and ends with it.
 *
 * @param {Record<string, (order: object) => Promise<unknown>>} measures by the name in an order
 */
export function answerOrders(measures) {
  process.on('disconnect', () => process.exit());
  process.on('message', async (order) => {
    try {
      process.send({ measured: await measures[order.measure](order) });
    } catch (error) {
      process.send({ error: error.message });
    }
  });
}
