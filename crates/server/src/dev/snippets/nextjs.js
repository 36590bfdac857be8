// lib/auth0.js of a Next.js app; proxy.js is: export const proxy = (request) => auth0.middleware(request);
import { Auth0Client } from '@auth0/nextjs-auth0/server';

// Ports and http are for development alone.
export const auth0 = new Auth0Client({ allowInsecureRequests: process.env.NODE_ENV !== 'production' });
