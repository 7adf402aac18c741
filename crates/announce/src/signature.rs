//! Signs a message as Standard Webhooks 1.0.0 says: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::AnnouncementId;

/// What a receiver's secret begins with.
const PREFIX: &str = "whsec_";

/// The lengths that the standard allows.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A text that is no secret. It does not say the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no secret of Standard Webhooks: whsec_ and 24 to 64 random bytes in base64 are needed"
)]
pub struct InvalidSecret;

/// The secrets that messages to a receiver are signed with: more than one while a secret is being
/// replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecrets(Vec<Vec<u8>>);

impl std::fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl SigningSecrets {
    /// The value of `webhook-signature` for a message that is sent at a time in seconds of Unix.
    pub fn sign(&self, id: &AnnouncementId, seconds: i64, body: &[u8]) -> String {
        let signed = self.0.iter().filter_map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            mac.update(format!("{id}.{seconds}.").as_bytes());
            mac.update(body);
            Some(format!(
                "v1,{}",
                STANDARD.encode(mac.finalize().into_bytes())
            ))
        });
        signed.collect::<Vec<_>>().join(" ")
    }
}

impl std::str::FromStr for SigningSecrets {
    type Err = InvalidSecret;

    /// Secrets with spaces between them.
    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let secret = |word: &str| {
            let encoded = word.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
            let bytes = STANDARD
                .decode(encoded)
                .map_err(|_undecodable| InvalidSecret)?;
            if SECRET_BYTES.contains(&bytes.len()) {
                Ok(bytes)
            } else {
                Err(InvalidSecret)
            }
        };
        let secrets: Vec<Vec<u8>> = text
            .split_whitespace()
            .map(secret)
            .collect::<Result<_, _>>()?;
        if secrets.is_empty() {
            return Err(InvalidSecret);
        }
        Ok(Self(secrets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn id() -> AnnouncementId {
        "ann_0123456789abcdef0123456789abcdef".parse().unwrap()
    }

    /// The expected value is that of the published Python library:
    /// `standardwebhooks.Webhook(SECRET).sign(id, datetime.fromtimestamp(1614265330), body)`.
    #[test]
    fn a_message_is_signed_as_the_published_library_does() {
        let secrets: SigningSecrets = SECRET.parse().unwrap();
        let signature = secrets.sign(&id(), 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signature, "v1,+qKv31S1YbV9m0ppYazA6DS5Y97abnAP1LE9ZnRXIoE=");
    }

    #[test]
    fn every_secret_signs_while_one_is_being_replaced() {
        let next = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let both: SigningSecrets = format!("{next} {SECRET}").parse().unwrap();
        let signature = both.sign(&id(), 1, b"");
        let one = |text: &str| text.parse::<SigningSecrets>().unwrap().sign(&id(), 1, b"");
        assert_eq!(signature, format!("{} {}", one(next), one(SECRET)));
    }

    #[test]
    fn a_secret_is_refused_or_kept_out_of_sight() {
        let unmarked = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", unmarked] {
            assert_eq!(text.parse::<SigningSecrets>(), Err(InvalidSecret), "{text}");
        }
        let shown = format!("{:?}", SECRET.parse::<SigningSecrets>().unwrap());
        assert_eq!(shown, "1 secrets");
    }
}
