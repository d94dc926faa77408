import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** All streams of the organization with `org:admin`, else those that the token made. */
export const streamList: Command = {
  words: 'stream list',
  summary: 'list streams of security events, and their status',
  example: 'stream list',
  options: [serverOption],
  run: async (call) => {
    const api = call.api();
    const found = await api.callForList({ method: 'GET', path: '/ssf/streams' });
    const streams = await Promise.all(
      found.map(async (stream) => {
        const query = { stream_id: textIn(stream, 'stream_id') };
        const { status = '' } = await api.call({ method: 'GET', path: '/ssf/status', query });
        return { ...stream, status };
      }),
    );
    return call.print(streams, () =>
      renderTable(['ID', 'STATUS', 'DELIVERY', 'DESCRIPTION'], streams.map(rowOf)),
    );
  },
};

function rowOf(stream: JsonObject): readonly string[] {
  const delivery = stream['delivery'];
  const { method = '', endpoint_url = '' } =
    delivery !== undefined && isJsonObject(delivery) ? delivery : {};
  const how = method === 'urn:ietf:rfc:8935' ? `push to ${endpoint_url}` : 'poll';
  return [
    textIn(stream, 'stream_id'),
    textIn(stream, 'status'),
    how,
    textIn(stream, 'description'),
  ];
}
