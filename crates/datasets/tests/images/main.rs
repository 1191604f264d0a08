//! CIFAR-10 in its official layout, planted images, and what a network sees of them.

mod cifar10;
mod planted_images;
mod presentation;
mod resize;
