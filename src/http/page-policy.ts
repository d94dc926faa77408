import { createHash } from 'node:crypto';
import { pageStyle } from '../console/page.tsx';

const styleHash = createHash('sha256').update(pageStyle).digest('base64');

/**
 * What browsers may do with our public pages: apply the one style sheet, known by its hash, and
 * nothing else. No script, no image, no form, no frame.
 */
export const pageSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
