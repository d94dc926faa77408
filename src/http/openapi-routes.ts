import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { buildApiDocument } from './api-document.ts';
import { buildApiPage } from './api-page-view.ts';
import { matchesEntityTag } from './entity-tag.ts';
import { pageSecurityPolicy } from './page-policy.ts';
import { Refusal } from './refusal.ts';
import type { OpenRoute, Route } from './route.ts';

interface Rendition {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * `/api/v1/openapi.json` and the same for people at `/api/docs`: made once, the same for everybody,
 * and open to all who reach the API, since it says nothing of any organization.
 */
export function openApiRoutes(routes: readonly (Route | OpenRoute)[]): Router {
  const document = buildApiDocument(routes);
  const router = Router({ caseSensitive: true, strict: true });
  const served: readonly (readonly [string, Rendition])[] = [
    [
      '/api/v1/openapi.json',
      rendition(JSON.stringify(document), { 'Content-Type': 'application/json' }),
    ],
    [
      '/api/docs',
      rendition(buildApiPage(document), {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': pageSecurityPolicy,
      }),
    ],
  ];
  for (const [path, made] of served) {
    router.get(path, (request, response) => send(made, request, response));
    router.all(path, () => {
      throw new Refusal('method-not-allowed', { headers: { Allow: 'GET, HEAD' } });
    });
  }
  return router;
}

function rendition(text: string, headers: Rendition['headers']): Rendition {
  const tag = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  // Kept, and asked about before every use: another release says something else.
  return { text, headers: { ...headers, ETag: `"${tag}"`, 'Cache-Control': 'no-cache' } };
}

function send({ text, headers }: Rendition, request: Request, response: Response): void {
  // Not by Express, which adds a charset that JSON does not have (RFC 8259 §11).
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const condition = request.get('If-None-Match');
  if (condition !== undefined && matchesEntityTag(condition, headers['ETag'] ?? '')) {
    return void response.status(304).end();
  }
  response.end(text);
}
